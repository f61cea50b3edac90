import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/machinery/json.ts';
import { at } from '../../src/machinery/read.ts';
import { context, definitionOf, stored } from '../support/definitions.ts';

const { strategy } = definitionOf('/pods');

describe('grace period of a pod', () => {
  it.each<[string, JsonObject, JsonObject, number | undefined, number]>([
    ["the pod's own", { nodeName: 'n', terminationGracePeriodSeconds: 7 }, {}, undefined, 7],
    ['that of the request', { nodeName: 'n', terminationGracePeriodSeconds: 7 }, {}, 3, 3],
    ['none if it is not scheduled', { terminationGracePeriodSeconds: 7 }, {}, undefined, 0],
    ['none if it has terminated', { nodeName: 'n', terminationGracePeriodSeconds: 7 }, { phase: 'Succeeded' }, 5, 0],
    ['one second for a negative value', { nodeName: 'n' }, {}, -1, 1],
  ])('%s', (_title, spec, status, asked, seconds) => {
    expect(strategy.graceSeconds?.(stored({ spec, status }), asked)).toBe(seconds);
  });
});

describe('quality of service', () => {
  const both = { cpu: '1', memory: '1Gi' };
  it.each<[string, readonly JsonObject[]]>([
    ['BestEffort', [{}]],
    ['BestEffort', [{ requests: { 'ephemeral-storage': '1Gi' } }]],
    ['Burstable', [{ requests: { cpu: '100m' } }]],
    ['Burstable', [{ limits: both, requests: both }, {}]],
    ['Burstable', [{ limits: both, requests: { ...both, cpu: '500m' } }]],
    ['Guaranteed', [{ limits: both, requests: { cpu: '1000m', memory: '1024Mi' } }]],
  ])('%s', (expected, resources) => {
    const spec = { containers: resources.map((one) => ({ resources: one })) };
    const pod = strategy.prepareCreate?.(stored({ spec }), context());
    expect(at(pod?.status, 'qosClass')).toBe(expected);
  });
});

it('a client cannot set the status of a new pod', () => {
  const pod = strategy.prepareCreate?.(stored({ spec: { containers: [] }, status: { podIP: '10.0.0.1' } }), context());
  expect(pod?.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
});

it('a scheduler may set the node, which is then immutable', () => {
  const spec = { containers: [{ name: 'a', image: 'x' }] };
  const defaulted = strategy.defaults?.({ spec }) ?? {};
  const pod = strategy.prepareCreate?.(stored(defaulted), context()) ?? stored(defaulted);
  const placed = { ...pod, spec: { ...Object(pod.spec), nodeName: 'one' } };
  const moved = { ...pod, spec: { ...Object(pod.spec), nodeName: 'two' } };
  expect(strategy.validateUpdate?.(placed, pod, context())).toEqual([]);
  expect(strategy.validateUpdate?.(moved, placed, context())).toMatchObject([{ type: 'Forbidden', path: 'spec' }]);
});
