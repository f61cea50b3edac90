import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MANAGER, MCS_SERVICE_NAME, SLICE_MANAGED_BY } from '../../../src/api/labels.ts';
import { observeSlice, sliceBody, sliceMeta } from '../../../src/core/derived-slice.ts';
import { deriveSlice } from '../../../src/core/desired/derivations.ts';
import { sourceSlice } from '../../../src/core/merge/source-slice.ts';
import { service, slices } from '../../support/core/arbitraries.ts';
import { anEndpoint, aSlice, HTTP } from '../../support/core/objects.ts';
import { ANY, aSource, contextOf } from '../../support/core/sources.ts';

describe('the fingerprint of a body', () => {
  const endpoints = [anEndpoint('10.1.0.1', { zone: 'a', hostname: 'web-0' }), anEndpoint('10.1.0.2')];
  const ports = [{ name: 'http', protocol: 'TCP' as const, port: 8080 }];

  test('does not see the defaults of an API server', () => {
    const bare = sliceBody('IPv4', [{ addresses: ['10.1.0.1'] }], [{ port: 8080 }]);
    const defaulted = sliceBody(
      'IPv4',
      [{ addresses: ['10.1.0.1'], conditions: {} }],
      [{ name: '', protocol: 'TCP', port: 8080 }],
    );
    expect(bare).toEqual(defaulted);
  });

  test('sees every other field, and the order', () => {
    const [first, second] = endpoints;
    const hinted = { ...first, addresses: ['10.1.0.1'], hints: { forZones: [{ name: 'a' }] } };
    const variants = [
      sliceBody('IPv4', endpoints, ports),
      sliceBody('IPv6', endpoints, ports),
      sliceBody('IPv4', endpoints.toReversed(), ports),
      sliceBody('IPv4', [], ports),
      sliceBody('IPv4', endpoints, []),
      sliceBody('IPv4', endpoints, [{ ...HTTP, name: 'other' }]),
      sliceBody('IPv4', endpoints, [{ name: 'http', protocol: 'UDP', port: 8080 }]),
      sliceBody('IPv4', endpoints, [{ name: 'http', protocol: 'TCP', port: 8081 }]),
      sliceBody('IPv4', endpoints, [{ name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'http' }]),
      sliceBody('IPv4', [{ addresses: ['10.1.0.1'], zone: 'a' }], ports),
      sliceBody('IPv4', [{ addresses: ['10.1.0.1'], hostname: 'a' }], ports),
      sliceBody('IPv4', [{ addresses: ['10.1.0.1'], nodeName: 'a' }], ports),
      sliceBody('IPv4', [{ addresses: ['10.1.0.1'], conditions: { ready: false } }], ports),
      sliceBody('IPv4', [{ addresses: ['10.1.0.1'], conditions: { serving: false } }], ports),
      sliceBody('IPv4', [{ addresses: ['10.1.0.1'], conditions: { terminating: false } }], ports),
      sliceBody('IPv4', [hinted, ...(second ? [second] : [])], ports),
      sliceBody('IPv4', [{ ...hinted, hints: { forZones: [{ name: 'b' }] } }, ...(second ? [second] : [])], ports),
    ];
    expect(new Set(variants.map(({ hash }) => hash)).size).toBe(variants.length);
  });

  test('of a slice without ports and of hints without zones is that of empty ones', () => {
    const { ports: _, ...portless } = aSlice('web-1', [{ addresses: ['10.1.0.1'], hints: {} }]);
    expect(observeSlice(portless).body).toBe(sliceBody('IPv4', [{ addresses: ['10.1.0.1'] }], []).hash);
  });

  test('comes with the number of ready endpoints', () => {
    const not = { conditions: { ready: false } };
    expect(
      sliceBody('IPv4', [...endpoints, anEndpoint('10.1.0.3', not), { addresses: ['10.1.0.4'] }], ports).ready,
    ).toBe(3);
  });

  test('of what an API server stores is that of what was written', () => {
    fc.assert(
      fc.property(service, slices, (service, slices) => {
        const source = aSource({
          service: { ...service, metadata: { name: 'web' }, spec: { ...service.spec, type: 'ClusterIP' } },
        });
        const context = contextOf(source, 'cluster1', true);
        const written = slices.flatMap((slice) => deriveSlice(sourceSlice(slice, ANY), context) ?? []);
        for (const { name, addressType, endpoints, ports, body, ready } of written) {
          const stored = JSON.parse(JSON.stringify(aSlice(name, endpoints, ports, addressType)));
          expect(observeSlice(stored)).toMatchObject({ name, body, ready });
        }
      }),
    );
  });
});

test('only an owner of the version that the garbage collector is sure to follow counts', () => {
  const owner = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'web', uid: 'import' };
  const metaOf = (...ownerReferences: readonly (typeof owner)[]) =>
    observeSlice(aSlice('x', [], [], 'IPv4', { ownerReferences })).meta;
  expect(metaOf(owner)).toContain('"import"');
  const others = [
    { ...owner, kind: 'ServiceExport' },
    { ...owner, apiVersion: 'multicluster.x-k8s.io/v1alpha1' },
  ];
  for (const other of others) expect(metaOf(other)).toBe(metaOf());
});

test('hostnames are remembered only of a slice that left others to another member', () => {
  const whole = { [SLICE_MANAGED_BY]: MANAGER, [MCS_SERVICE_NAME]: 'web' };
  const endpoints = [anEndpoint('10.1.0.1', { hostname: 'db-1' }), anEndpoint('10.1.0.2')];
  const bareHostnames = (labels: Readonly<Record<string, string>>) =>
    observeSlice(aSlice('x', endpoints, [], 'IPv4', { labels })).bareHostnames;
  expect(bareHostnames({ [SLICE_MANAGED_BY]: MANAGER })).toEqual(['db-1']);
  expect(bareHostnames(whole)).toBeUndefined();
});

test('the trigger time of an observed slice is that of its annotation, if it has one', () => {
  const key = 'endpoints.kubernetes.io/last-change-trigger-time';
  const observed = (annotations?: Readonly<Record<string, string>>) =>
    observeSlice(aSlice('x', [], [], 'IPv4', annotations && { annotations }));
  expect(observed({ [key]: '2026-05-01T12:00:00Z' }).triggerTime).toBe('2026-05-01T12:00:00Z');
  expect(observed({})).not.toHaveProperty('triggerTime');
  expect(observed()).not.toHaveProperty('triggerTime');
});

describe('the fingerprint of labels and owner', () => {
  const labels = { 'kubernetes.io/service-name': 'a', 'multicluster.kubernetes.io/source-cluster': 'b' };

  test("sees our labels and the owner, and nobody else's", () => {
    const meta = sliceMeta(labels, ['uid']);
    expect(sliceMeta({ ...labels, other: 'x' }, ['uid'])).toBe(meta);
    expect(sliceMeta({ ...labels, 'service.kubernetes.io/headless': '' }, ['uid'])).not.toBe(meta);
    expect(sliceMeta(labels, ['other'])).not.toBe(meta);
    expect(sliceMeta(undefined, [])).not.toBe(meta);
  });

  test('takes only ServiceImports for owners', () => {
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'x', uid: 'service' };
    const observed = observeSlice(aSlice('x', [], [], 'IPv4', { labels, ownerReferences: [owner] }));
    expect(observed).toEqual({
      name: 'x',
      uid: '',
      resourceVersion: '',
      source: 'b',
      body: sliceBody('IPv4', [], []).hash,
      meta: sliceMeta(labels, []),
      ready: 0,
    });
    expect(observeSlice({ ...aSlice('x', []), metadata: { name: 'x' } }).source).toBe('');
  });
});
