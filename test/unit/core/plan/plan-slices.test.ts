import { describe, expect, test } from 'vitest';
import type { EndpointSlice } from '../../../../src/api/endpoint-slice.ts';
import { observeSlice, sliceLabels } from '../../../../src/core/derived-slice.ts';
import { desired } from '../../../../src/core/desired/desired.ts';
import { merge } from '../../../../src/core/merge/merge.ts';
import { sourceSlice } from '../../../../src/core/merge/source-slice.ts';
import { derivedSliceName } from '../../../../src/core/naming.ts';
import { planSlices } from '../../../../src/core/plan/plan-slices.ts';
import type { DerivedSlice } from '../../../../src/core/view.ts';
import { anEndpoint, aSlice, DERIVED, NAME, NAMESPACE } from '../../../support/core/objects.ts';
import { exporting, readyOf, summaries } from '../../../support/core/scenarios.ts';
import { ANY, aConsumer, aSource } from '../../../support/core/sources.ts';

describe('writes of derived slices', () => {
  test('rule 14: an endpoint that moves between slices is added before it is taken away', () => {
    const fleet = exporting();
    const [, web2] = fleet.member('cluster1').slices;
    fleet.member('cluster1').slices = [aSlice('web-3', [anEndpoint('10.1.0.1')]), ...(web2 ? [web2] : [])];
    expect(summaries(fleet.plan('cluster2'))).toEqual(['slice: create endpointSlices', 'prune: delete endpointSlices']);
  });

  test('rule 14: so it is where it moves out of a slice that stays', () => {
    const fleet = exporting();
    const [, web2] = fleet.member('cluster1').slices;
    fleet.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.9')]),
      aSlice('web-3', [anEndpoint('10.1.0.1')]),
      ...(web2 ? [web2] : []),
    ];
    expect(summaries(fleet.plan('cluster2')).slice(0, 2)).toEqual([
      'slice: create endpointSlices',
      'change: patch endpointSlices',
    ]);
    fleet.member('cluster1').slices = [
      aSlice('web-1', []),
      aSlice('web-3', [anEndpoint('10.1.0.1')]),
      ...(web2 ? [web2] : []),
    ];
    expect(summaries(fleet.plan('cluster2')).slice(0, 2)).toEqual([
      'slice: create endpointSlices',
      'shrink: patch endpointSlices',
    ]);
    fleet.converge();
    fleet.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-3', []),
      ...(web2 ? [web2] : []),
    ];
    expect(summaries(fleet.plan('cluster2')).slice(0, 2)).toEqual([
      'grow: patch endpointSlices',
      'shrink: patch endpointSlices',
    ]);
  });

  test('rule 14: so it is where it moves to a slice that grows, and another takes its place', () => {
    const fleet = exporting();
    const grown = derivedSliceName(DERIVED, 'cluster1', NAMESPACE, 'web-2', 'IPv4');
    fleet.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.9')]),
      aSlice('web-2', [anEndpoint('10.1.0.2'), anEndpoint('10.1.0.1')]),
    ];
    const [first, second] = fleet.plan('cluster2');
    expect(first?.name).toBe(grown);
    expect(second?.stage).not.toBe(first?.stage);
  });

  test('rule 11: a label that makes kube-proxy skip a slice is taken off again', () => {
    const fleet = exporting();
    const { api } = fleet.member('cluster2');
    for (const label of ['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name']) {
      const slice = api.list('endpointSlices')[0];
      const metadata = Object(slice?.metadata);
      api.put('endpointSlices', {
        ...slice,
        metadata: { ...metadata, labels: { ...metadata.labels, [label]: 'x', mine: 'y' } },
      });
      fleet.converge();
      const labels = Object(api.get('endpointSlices', metadata.name)?.metadata).labels;
      expect(labels).not.toHaveProperty([label]);
      expect(labels).toHaveProperty('mine');
    }
  });

  test('rule 31: the slice of another client at the name of a derived one is reported and left alone', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const [slice] = cluster2.derivedSlices;
    const name = slice?.metadata.name ?? '';
    const stored = cluster2.api.get('endpointSlices', name);
    cluster2.api.put('endpointSlices', { ...stored, metadata: { ...Object(stored?.metadata), ownerReferences: [] } });
    const before = cluster2.api.get('endpointSlices', name);
    fleet.converge();
    expect(readyOf(cluster2)).toMatchObject({ status: 'False', reason: 'ForeignEndpoints' });
    expect(readyOf(cluster2)?.message).toContain(`"${name}"`);
    expect(cluster2.api.get('endpointSlices', name)).toEqual(before);
    cluster2.api.remove('endpointSlices', name);
    fleet.converge();
    expect(readyOf(cluster2)).toMatchObject({ status: 'True' });
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });
});

describe('the write of one slice', () => {
  const OWNER = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: NAME, uid: 'import' };
  const trigger = 'endpoints.kubernetes.io/last-change-trigger-time';

  function planOf(slice: EndpointSlice, derivedSlices: readonly DerivedSlice[]) {
    const consumer = aConsumer({ derivedSlices });
    const wanted = desired(merge([aSource({ slices: [sourceSlice(slice, ANY)] })]), consumer);
    if (!wanted) throw new Error('nothing is decided');
    return planSlices(consumer, wanted, OWNER);
  }

  const zoned = () => aSlice('web-1', [{ addresses: ['10.1.0.1'], zone: 'a' }]);
  const stamped = (time: string) => aSlice('web-1', [], undefined, 'IPv4', { annotations: { [trigger]: time } });
  const target = {
    member: 'cluster2',
    resource: 'endpointSlices',
    source: 'cluster1',
    namespace: NAMESPACE,
    name: derivedSliceName(DERIVED, 'cluster1', NAMESPACE, 'web-1', 'IPv4'),
  };
  const labels = sliceLabels(DERIVED, NAME, 'cluster1', false);

  /** The slice as it is after it was created. */
  function created(slice: EndpointSlice, more: Partial<DerivedSlice> = {}): DerivedSlice {
    const [change] = planOf(slice, []);
    if (change?.op !== 'create') throw new Error('it is not created');
    const { metadata, ...body } = JSON.parse(JSON.stringify(change.object));
    return { ...observeSlice({ ...body, metadata: { ...metadata, uid: 'uid', resourceVersion: '1' } }), ...more };
  }

  test('that is new', () => {
    expect(planOf(zoned(), [])).toStrictEqual([
      {
        ...target,
        stage: 'slice',
        op: 'create',
        why: '"cluster1" has a new slice of endpoints',
        object: {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: {
            name: target.name,
            namespace: NAMESPACE,
            labels,
            annotations: undefined,
            ownerReferences: [OWNER],
          },
          addressType: 'IPv4',
          endpoints: [{ addresses: ['10.1.0.1'], zone: 'a' }],
          ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
        },
      },
    ]);
    expect(planOf(stamped('2026-05-01T12:00:00Z'), [])).toMatchObject([
      { object: { metadata: { annotations: { [trigger]: '2026-05-01T12:00:00Z' } } } },
    ]);
  });

  test('that did not change is none, not even for a new time', () => {
    expect(planOf(zoned(), [created(zoned())])).toEqual([]);
    expect(planOf(stamped('2026-05-01T12:00:01Z'), [created(stamped('2026-05-01T12:00:00Z'))])).toEqual([]);
  });

  test('of which endpoints changed', () => {
    const change = { ...target, op: 'patch', why: 'endpoints of "cluster1" changed' };
    const precondition = { uid: 'uid', resourceVersion: '1' };
    const body = {
      endpoints: [{ addresses: ['10.1.0.1'], zone: 'a' }],
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    };
    for (const [ready, stage] of [
      [0, 'grow'],
      [1, 'change'],
      [2, 'shrink'],
    ] as const) {
      expect(planOf(zoned(), [created(zoned(), { body: 'other', ready })])).toStrictEqual([
        { ...change, stage, precondition, patch: { metadata: { annotations: { [trigger]: null } }, ...body } },
      ]);
    }
    expect(planOf(stamped('2026-05-01T12:00:00Z'), [created(zoned())])).toMatchObject([
      { patch: { metadata: { annotations: { [trigger]: '2026-05-01T12:00:00Z' } } } },
    ]);
  });

  test('has the time of a change in the source, unless it was written before or the content is the same', () => {
    const changedAt = '2026-05-01T11:59:59Z';
    const timed = () => ({
      ...zoned(),
      metadata: {
        ...zoned().metadata,
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': changedAt },
      },
    });
    const [changed] = planOf(timed(), [created(timed(), { body: 'other', triggerTime: 'earlier' })]);
    expect(changed?.changedAt).toBe(changedAt);
    const same = { body: 'other', triggerTime: changedAt };
    for (const observed of [created(timed(), same), created(timed(), { meta: 'other' })]) {
      const [change] = planOf(timed(), [observed]);
      expect(change).toMatchObject({ op: 'patch' });
      expect(change).not.toHaveProperty('changedAt');
    }
    expect(planOf(timed(), [])[0]).not.toHaveProperty('changedAt');
    const [untimed] = planOf(zoned(), [created(zoned(), { body: 'other', triggerTime: 'earlier' })]);
    expect(untimed).toMatchObject({ op: 'patch' });
    expect(untimed).not.toHaveProperty('changedAt');
  });

  test('of which labels or owner changed', () => {
    expect(planOf(zoned(), [created(zoned(), { meta: 'other' })])).toStrictEqual([
      {
        ...target,
        stage: 'change',
        op: 'patch',
        why: 'its labels or its owner changed',
        precondition: { uid: 'uid', resourceVersion: '1' },
        patch: {
          metadata: {
            labels: {
              ...labels,
              'service.kubernetes.io/headless': null,
              'service.kubernetes.io/service-proxy-name': null,
            },
            ownerReferences: [OWNER],
          },
        },
      },
    ]);
  });

  test('of which the source is gone', () => {
    const left = created(zoned(), { name: 'left', source: 'cluster9' });
    expect(planOf(zoned(), [created(zoned()), left])).toStrictEqual([
      {
        ...target,
        name: 'left',
        source: 'cluster9',
        stage: 'prune',
        op: 'delete',
        why: '"cluster9" no longer has these endpoints',
        precondition: { uid: 'uid', resourceVersion: '1' },
      },
    ]);
  });
});
