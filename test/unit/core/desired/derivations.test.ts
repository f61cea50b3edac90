import { describe, expect, test } from 'vitest';
import {
  Derivations,
  type DerivedContent,
  deriveContext,
  deriveSlice,
  renamedPorts,
} from '../../../../src/core/desired/derivations.ts';
import { classifyExports } from '../../../../src/core/merge/exports.ts';
import { sourceSlice } from '../../../../src/core/merge/source-slice.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  aService,
  aSlice,
  at,
  DERIVED,
  HTTP,
  NAME,
  NAMESPACE,
} from '../../../support/core/objects.ts';
import { ADMIN, derivedPorts, exporting, joinedBy } from '../../../support/core/scenarios.ts';
import { ANY, addressPolicy, aSource, contextOf } from '../../../support/core/sources.ts';

describe('ports of derived slices', () => {
  test('rule 4: target ports travel untouched, even where they differ between slices', () => {
    const fleet = new FleetModel();
    fleet
      .member('cluster1')
      .export(anExport(), aService(), [
        aSlice('web-1', [anEndpoint('10.1.0.1')], [{ name: 'http', protocol: 'TCP', port: 8080 }]),
        aSlice('web-2', [anEndpoint('10.1.0.2')], [{ name: 'http', protocol: 'TCP', port: 8081 }]),
      ]);
    fleet.converge();
    expect(
      derivedPorts(fleet.member('cluster1'), 'cluster1')
        .map(({ port }) => port)
        .toSorted(),
    ).toEqual([8080, 8081]);
  });

  test('rule 4: a conflicting port is routed only to clusters that offer it as merged', () => {
    const fleet = exporting();
    const slice = aSlice(
      'web-1',
      [anEndpoint('10.3.0.1')],
      [
        { name: 'http', protocol: 'TCP', port: 8080 },
        { name: 'admin', protocol: 'TCP', port: 9090 },
      ],
    );
    fleet.member('cluster3').export(anExport({}, at(60)), aService({ ports: [{ ...HTTP, port: 81 }, ADMIN] }), [slice]);
    fleet.converge();
    expect(derivedPorts(fleet.member('cluster2'), 'cluster3')).toEqual([
      { name: 'admin', protocol: 'TCP', port: 9090 },
    ]);
  });

  test('rule 4: a ClusterSetIP slice with no port left is not written, a headless one is', () => {
    const other = aService({ ports: [{ ...HTTP, port: 81 }] });
    const fleet = joinedBy(exporting(), other);
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    const headless = joinedBy(
      exporting(aService({ clusterIP: 'None' })),
      aService({ ...other.spec, clusterIP: 'None' }),
    );
    expect(headless.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2', '10.3.0.1']);
    expect(derivedPorts(headless.member('cluster2'), 'cluster3')).toEqual([]);
  });
});

describe('ports that get another name', () => {
  const port = (name: string, number: number) => ({ name, protocol: 'TCP' as const, port: number });

  test.each([
    ['keep the former one meanwhile', [port('http', 80)], [port('web', 80), port('other', 81)], [['http', 'web']]],
    ['have no former one if they are new', [port('http', 80)], [port('web', 81)], []],
    ['have no former one if it stays', [port('http', 80)], [port('http', 80)], []],
    ['cannot keep one that another port gets', [port('b', 80), port('a', 81)], [port('a', 80), port('b', 81)], []],
  ])('rule 32: %s', (_, ports, servedNow, renamed) => {
    expect([...renamedPorts(ports, servedNow)]).toEqual(renamed);
  });

  test('rule 32: are in a slice under both names', () => {
    const [exporter] = classifyExports([aSource()]).valid;
    if (!exporter) throw new Error('the export is not valid');
    const target = {
      namespace: NAMESPACE,
      name: NAME,
      derivedService: DERIVED,
      headless: false,
      trafficDistribution: undefined,
      local: false,
      ports: [port('http', 80)],
      servedNow: [port('web', 80)],
    };
    const source = sourceSlice(aSlice('web-1', [anEndpoint('10.1.0.1')], [port('http', 8080)]), ANY);
    const context = deriveContext(exporter, target);
    expect(deriveSlice(source, context)?.ports).toEqual([port('http', 8080), port('web', 8080)]);
    expect(context.key).not.toBe(deriveContext(exporter, { ...target, servedNow: [] }).key);
  });
});

describe('endpoints of derived slices', () => {
  test('rule 14: a slice made again with another address type is another slice', () => {
    const fleet = exporting(aService({ ipFamilies: ['IPv4', 'IPv6'] }), { ipFamilies: ['IPv4', 'IPv6'] });
    const before = fleet.member('cluster2').derivedSlices.map(({ metadata }) => metadata.name);
    fleet.member('cluster1').slices = [aSlice('web-1', [anEndpoint('fd01::1')], undefined, 'IPv6')];
    fleet.converge();
    const after = fleet.member('cluster2').derivedSlices;
    expect(after.map(({ addressType }) => addressType)).toEqual(['IPv6']);
    expect(before).not.toContain(after[0]?.metadata.name);
  });

  test('rule 15: a node name is kept at home only', () => {
    const fleet = new FleetModel();
    fleet
      .member('cluster1')
      .export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1', { nodeName: 'node1' })])]);
    fleet.member('cluster2');
    fleet.converge();
    expect(fleet.member('cluster1').derivedSlices[0]?.endpoints[0]?.nodeName).toBe('node1');
    expect(fleet.member('cluster2').derivedSlices[0]?.endpoints[0]).not.toHaveProperty('nodeName');
  });

  test.each(['PreferClose', 'PreferSameZone'])(
    'rule 16: %s gives zone hints, on all endpoints of a slice or none',
    (value) => {
      const fleet = new FleetModel();
      const service = aService({ trafficDistribution: value });
      fleet
        .member('cluster1')
        .export(anExport(), service, [
          aSlice('web-1', [anEndpoint('10.1.0.1', { zone: 'a' }), anEndpoint('10.1.0.2', { zone: 'b' })]),
          aSlice('web-2', [anEndpoint('10.1.0.3', { zone: 'a' }), anEndpoint('10.1.0.4')]),
        ]);
      fleet.converge();
      const hints = fleet.member('cluster1').derivedSlices.map(({ endpoints }) => endpoints.map(({ hints }) => hints));
      expect(hints).toContainEqual([{ forZones: [{ name: 'a' }] }, { forZones: [{ name: 'b' }] }]);
      expect(hints).toContainEqual([undefined, undefined]);
    },
  );

  test('rule 16: otherwise the hints of the source are dropped', () => {
    const fleet = new FleetModel();
    const hinted = anEndpoint('10.1.0.1', { zone: 'a', hints: { forZones: [{ name: 'a' }] } });
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [hinted])]);
    fleet.converge();
    expect(fleet.member('cluster1').derivedSlices[0]?.endpoints[0]).not.toHaveProperty('hints');
  });

  test('rule 19: an absent ready means ready, and conditions travel as they are', () => {
    const fleet = new FleetModel();
    const conditions = { ready: true, serving: false, terminating: true };
    fleet
      .member('cluster1')
      .export(anExport(), aService(), [
        aSlice('web-1', [{ addresses: ['10.1.0.1'] }, { addresses: ['10.1.0.2'], conditions }]),
      ]);
    fleet.converge();
    const [slice] = fleet.member('cluster1').derivedSlices;
    expect(slice?.endpoints.map((endpoint) => endpoint.conditions)).toEqual([{}, conditions]);
    expect(fleet.view('cluster1').consumer.derivedSlices[0]?.ready).toBe(2);
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
      derivations.of(same, contextOf(aSource({ service: aService({ ports: [{ ...HTTP, name: 'web' }] }) }))),
    ];
    expect(others.map((other) => other?.body === first?.body && other?.name === first?.name)).toEqual([
      false,
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

  test('remembers eight contexts', () => {
    const derivations = new Derivations();
    const same = checked();
    const first = derivations.of(same, contextOf(aSource()));
    for (let index = 0; index < 7; index++) derivations.of(same, contextOf(aSource({ member: `cluster-${index}` })));
    expect(derivations.of(same, contextOf(aSource()))).toBe(first);
  });

  test('writes only the fields that a source has', () => {
    const bare = deriveSlice(
      aSourceSlice('web-1', [{ addresses: ['10.1.0.1'] }], [{ name: 'http' }]),
      contextOf(aSource(), 'cluster1'),
    );
    expect(bare?.endpoints).toStrictEqual([{ addresses: ['10.1.0.1'] }]);
    expect(bare?.ports).toStrictEqual([{ name: 'http', protocol: 'TCP' }]);
  });

  test('rule 29: names its only port with an empty text if the Service has no name for it', () => {
    for (const service of [{ ports: [{ port: 80 }] }, { clusterIP: 'None', ports: [{ port: 80 }] }]) {
      const fleet = new FleetModel();
      const slice = aSlice('web-1', [anEndpoint('10.1.0.1')], [{ port: 8080 }]);
      fleet.member('cluster1').export(anExport(), aService(service), [slice]);
      fleet.pass();
      const object = fleet.plan('cluster1').flatMap((change) => (change.resource === 'endpointSlices' ? [change] : []));
      expect(object).toMatchObject([{ object: { ports: [{ name: '', protocol: 'TCP', port: 8080 }] } }]);
    }
  });

  test('gives nothing for a slice of host names', () => {
    const names = aSlice('web-1', [{ addresses: ['example.com'] }], undefined, 'FQDN');
    expect(deriveSlice(sourceSlice(names, ANY), contextOf(aSource()))).toBeUndefined();
    expect(deriveSlice(sourceSlice(names, ANY), contextOf(aSource(), 'cluster2', true))).toBeUndefined();
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

  test('are made once for all consumers of one merge that serve the same, in every family', () => {
    const derivations = new Derivations();
    const v6 = aSlice('web-2', [{ addresses: ['fd00::1'] }], undefined, 'IPv6');
    const slices = [checked(), sourceSlice(v6, ANY)];
    const [exporter] = classifyExports([aSource({ slices })]).valid;
    if (!exporter) throw new Error('the export is not valid');
    const ports = [{ name: 'http', protocol: 'TCP' as const, port: 80 }];
    const base = {
      namespace: NAMESPACE,
      name: NAME,
      derivedService: DERIVED,
      headless: false,
      trafficDistribution: undefined,
      local: false,
      ports,
      servedNow: [],
    };
    const first = derivations.slicesOf(exporter, base);
    expect(first.map(({ content }) => content.addressType)).toEqual(['IPv4', 'IPv6']);
    expect(first.every(({ labels }) => labels['kubernetes.io/service-name'] === DERIVED)).toBe(true);
    expect(derivations.slicesOf(exporter, { ...base })).toBe(first);
    const renamed = ports.map((port) => ({ ...port, name: 'web' }));
    const others = [
      { ...base, local: true },
      { ...base, headless: true },
      { ...base, derivedService: 'mc-web' },
      { ...base, trafficDistribution: 'PreferClose' },
      { ...base, ports: renamed },
      { ...base, servedNow: renamed },
    ];
    for (const other of others) {
      const slices = derivations.slicesOf(exporter, other);
      expect(slices).not.toBe(first);
      expect(slices).not.toEqual(first);
    }
    const again = classifyExports([aSource({ slices })]).valid[0] ?? exporter;
    expect(derivations.slicesOf(again, base)).not.toBe(first);
    expect(derivations.slicesOf(again, base)).toEqual(first);
  });

  test('copes with a slice of 1,000 endpoints and 100 ports', () => {
    const ports = Array.from({ length: 100 }, (_, index) => ({
      name: `p${index}`,
      protocol: 'TCP' as const,
      port: 1000 + index,
    }));
    const [exporter] = classifyExports([aSource({ service: aService({ ports }) })]).valid;
    if (!exporter) throw new Error('the export is not valid');
    const target = {
      namespace: NAMESPACE,
      name: NAME,
      derivedService: DERIVED,
      headless: false,
      trafficDistribution: undefined,
      local: false,
      ports,
      servedNow: [],
    };
    const context = deriveContext(exporter, target);
    const endpoints = Array.from({ length: 1000 }, (_, index) => anEndpoint(`10.1.${index >> 8}.${index & 255}`));
    const large = deriveSlice(aSourceSlice('web-1', endpoints, ports), context);
    expect([large?.endpoints.length, large?.ports.length, large?.ready]).toEqual([1000, 100, 1000]);
  });
});
