import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { observeSlice, sliceBody, sliceMeta } from '../../../src/core/derived-slice.ts';
import { Derivations, type DerivedContent, deriveContext, deriveSlice } from '../../../src/core/desired/derivations.ts';
import { addressPolicy } from '../../../src/core/merge/addresses.ts';
import { classifyExports } from '../../../src/core/merge/exports.ts';
import { sourceSlice } from '../../../src/core/merge/source-slice.ts';
import type { KnownSource, SourceView } from '../../../src/core/view.ts';
import { service, slices } from '../../support/core-arbitraries.ts';
import { anEndpoint, anExport, aService, aSlice, DERIVED, HTTP, NAMESPACE } from '../../support/core-objects.ts';

const ANY = addressPolicy([]);

function aSource(more: Partial<KnownSource> = {}): KnownSource {
  return { member: 'cluster1', standing: 'current', slices: [], export: anExport(), service: aService(), ...more };
}

function contextOf(source: SourceView, consumer = 'cluster2', headless = false) {
  const [exporter] = classifyExports([source]).valid;
  if (!exporter) throw new Error('the export is not valid');
  const ports = [{ name: 'http', protocol: 'TCP' as const, port: 80 }];
  return deriveContext({
    exporter,
    namespace: NAMESPACE,
    derivedService: DERIVED,
    headless,
    trafficDistribution: undefined,
    consumer,
    ports,
  });
}

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
    ];
    expect(new Set(variants.map(({ hash }) => hash)).size).toBe(variants.length);
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

describe('deriving', () => {
  const aSourceSlice = (...parts: Parameters<typeof aSlice>) => sourceSlice(aSlice(...parts), ANY);
  const slice = () => aSlice('web-1', [anEndpoint('10.1.0.1', { nodeName: 'node1', hostname: 'web-0', zone: 'a' })]);
  const checked = () => sourceSlice(slice(), ANY);

  test('costs nothing for a slice that did not change, whoever asks', () => {
    const derivations = new Derivations();
    const same = checked();
    const first = derivations.of(same, contextOf(aSource()));
    expect(derivations.of(same, contextOf(aSource(), 'cluster3'))).toBe(first);
    expect(derivations.of(checked(), contextOf(aSource()))).not.toBe(first);
  });

  test('follows what it depends on', () => {
    const derivations = new Derivations();
    const same = checked();
    const first = derivations.of(same, contextOf(aSource()));
    const others: readonly (DerivedContent | undefined)[] = [
      derivations.of(same, contextOf(aSource({ service: aService({ ports: [{ ...HTTP, port: 81 }] }) }))),
      derivations.of(same, contextOf(aSource(), 'cluster1')),
      derivations.of(sourceSlice(slice(), addressPolicy(['10.2.0.0/16'])), contextOf(aSource())),
      derivations.of(same, contextOf(aSource({ member: 'cluster9' }))),
    ];
    expect(others.map((other) => other?.body === first?.body && other?.name === first?.name)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(others[0]).toBeUndefined();
  });

  test('forgets contexts that are no longer asked for', () => {
    const derivations = new Derivations();
    const same = checked();
    const first = derivations.of(same, contextOf(aSource()));
    for (let index = 0; index < 20; index++) derivations.of(same, contextOf(aSource({ member: `cluster-${index}` })));
    const again = derivations.of(same, contextOf(aSource()));
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  test('keeps hostname, zone and trigger time, and drops what means nothing abroad', () => {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-05-01T12:00:00Z' };
    const travelling = { ...slice(), metadata: { name: 'web-1', annotations } };
    expect(deriveSlice(sourceSlice(travelling, ANY), contextOf(aSource()))).toMatchObject({
      endpoints: [{ addresses: ['10.1.0.1'], hostname: 'web-0', zone: 'a' }],
      triggerTime: '2026-05-01T12:00:00Z',
    });
  });

  test('leaves out a port whose protocol is not that of its Service port, and keeps one without a number', () => {
    const ports = [{ name: 'http', protocol: 'UDP' as const, port: 8080 }];
    expect(deriveSlice(aSourceSlice('web-1', [], ports), contextOf(aSource()))).toBeUndefined();
    const open = deriveSlice(aSourceSlice('web-1', [], [{ name: 'http', appProtocol: 'http' }]), contextOf(aSource()));
    expect(open?.ports).toEqual([{ name: 'http', protocol: 'TCP', appProtocol: 'http' }]);
    const { ports: _, ...portless } = aSlice('web-1', []);
    expect(deriveSlice(sourceSlice(portless, ANY), contextOf(aSource()))).toBeUndefined();
    const unnamed = contextOf(aSource({ service: aService({ ports: [{ port: 80 }] }) }));
    expect(deriveSlice(aSourceSlice('web-1', [], [{ port: 8080 }]), unnamed)?.ports).toEqual([
      { name: 'http', protocol: 'TCP', port: 8080 },
    ]);
  });

  test('sets aside an endpoint with one bad address, not its slice', () => {
    const mixed = aSlice('web-1', [{ addresses: ['10.1.0.1', '127.0.0.1'] }, { addresses: ['10.1.0.2'] }]);
    expect(sourceSlice(mixed, ANY)).toMatchObject({
      endpoints: [{ addresses: ['10.1.0.2'] }],
      refused: [{ address: '127.0.0.1', reason: 'is loopback' }],
    });
    expect(sourceSlice(mixed, addressPolicy(['10.3.0.0/16'])).endpoints).toEqual([]);
  });

  test('copes with a slice of 1,000 endpoints and 100 ports', () => {
    const ports = Array.from({ length: 100 }, (_, index) => ({
      name: `p${index}`,
      protocol: 'TCP' as const,
      port: 1000 + index,
    }));
    const [exporter] = classifyExports([aSource({ service: aService({ ports }) })]).valid;
    if (!exporter) throw new Error('the export is not valid');
    const shared = {
      exporter,
      namespace: NAMESPACE,
      derivedService: DERIVED,
      headless: false,
      trafficDistribution: undefined,
    };
    const context = deriveContext({ ...shared, consumer: 'cluster2', ports });
    const endpoints = Array.from({ length: 1000 }, (_, index) => anEndpoint(`10.1.${index >> 8}.${index & 255}`));
    const large = deriveSlice(aSourceSlice('web-1', endpoints, ports), context);
    expect([large?.endpoints.length, large?.ports.length, large?.ready]).toEqual([1000, 100, 1000]);
  });
});
