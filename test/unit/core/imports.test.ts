/** Imports that users make: what they own, and what they are told. */
import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../../../src/api/core.ts';
import { SERVICE_NAME } from '../../../src/api/labels.ts';
import type { ServiceImportSpec } from '../../../src/api/multicluster.ts';
import { desired } from '../../../src/core/desired/desired.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import {
  anEndpoint,
  anExport,
  anImport,
  aService,
  aSlice,
  at,
  DERIVED,
  HTTP,
  NAME,
  NAMESPACE,
  NOW,
} from '../../support/core-objects.ts';
import { type Member, World } from '../../support/core-world.ts';

const ADMIN = { name: 'admin', protocol: 'TCP', port: 9090 } as const;

/** cluster1 exports, cluster2 asks for it; both have settled. */
function asking(spec: Partial<ServiceImportSpec> = {}, service = aService()): World {
  const world = new World();
  world
    .member('cluster1', { importMode: 'Manual' })
    .export(anExport(), service, [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
  world.member('cluster2', { importMode: 'Manual' }).import(anImport(spec));
  world.converge();
  return world;
}

function ready({ imported }: Member) {
  const condition = imported?.status?.conditions?.find(({ type }) => type === 'Ready');
  return condition && `${condition.status} ${condition.reason}: ${condition.message}`;
}

function change(member: Member, spec: Partial<ServiceImportSpec>): void {
  const { imported } = member;
  if (imported) member.import({ ...imported, spec: { ...imported.spec, ...spec } });
}

describe('a ServiceImport that a user made', () => {
  test('is served as asked, and keeps all that the user wrote', () => {
    const asked = {
      ports: [{ name: 'web', port: 80 }],
      sessionAffinity: 'ClientIP' as const,
      trafficDistribution: 'PreferClose',
    };
    const { imported, derivedService, derivedSlices } = asking(asked).member('cluster2');
    expect(imported?.spec).toEqual({
      type: 'ClusterSetIP',
      ...asked,
      ips: derivedService?.spec.clusterIPs,
      ipFamilies: ['IPv4'],
    });
    expect(derivedService?.spec).toMatchObject({
      ports: [{ name: 'web', protocol: 'TCP', port: 80, targetPort: 80 }],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      trafficDistribution: 'PreferClose',
    });
    expect(derivedSlices[0]?.ports).toEqual([{ name: 'web', protocol: 'TCP', port: 8080 }]);
  });

  test('takes what it leaves open from the exports', () => {
    const service = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
    });
    const { derivedService } = asking({}, service).member('cluster2');
    expect(derivedService?.spec).toMatchObject({
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
    });
  });

  test("is the user's in Automatic mode as well", () => {
    const world = asking({ ports: [{ name: 'web', port: 80 }] });
    world.member('cluster2').set({ importMode: 'Automatic' });
    expect(world.converge()).toBe(0);
    expect(world.member('cluster2').imported?.metadata.labels).toBeUndefined();
  });

  test('has a Service, and so an address, while nobody exports', () => {
    const world = new World();
    const cluster2 = world
      .member('cluster2', { importMode: 'Manual', ipFamilies: ['IPv6', 'IPv4'] })
      .import(anImport());
    world.converge();
    const ips = cluster2.imported?.spec.ips;
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv6', 'IPv4']);
    expect(cluster2.derivedService?.spec).toMatchObject({ clusterIPs: ips, sessionAffinity: 'None' });
    expect(ready(cluster2)).toBe(
      'False NotExported: No cluster exports "shop/web"; create a ServiceExport of that name in a cluster that has the Service',
    );
    world
      .member('cluster1')
      .export(anExport(), aService({ ipFamilies: ['IPv6', 'IPv4'] }), [
        aSlice('web-1', [anEndpoint('fd01::1')], undefined, 'IPv6'),
      ]);
    world.converge();
    expect(cluster2.imported?.spec.ips).toEqual(ips);
    expect(ready(cluster2)).toBe('True Ready: Service "amcs-web" serves what is exported');
    world.member('cluster1').unexport();
    world.converge();
    expect(cluster2.imported?.spec.ips).toEqual(ips);
    expect(cluster2.addresses).toEqual([]);
  });

  test('that the user deletes takes everything derived with it', () => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    const { derivedService, derivedSlices } = cluster2;
    cluster2.api.remove('serviceImports', NAME);
    for (const object of [derivedService, ...derivedSlices]) {
      // The garbage collector is slow today.
      cluster2.api.put(object === derivedService ? 'services' : 'endpointSlices', JSON.parse(JSON.stringify(object)));
    }
    expect(world.plan('cluster2').map(({ op, resource }) => `${op} ${resource}`)).toEqual([
      'delete services',
      'delete endpointSlices',
    ]);
  });

  test('may choose among the families that are possible', () => {
    const world = new World();
    const dual = aService({ ipFamilies: ['IPv4', 'IPv6'] });
    world.member('cluster1', { importMode: 'Manual' }).export(anExport(), dual);
    const ipFamilies = ['IPv4', 'IPv6'] as const;
    for (const families of [['IPv6'], ['IPv6', 'IPv4'], ['IPv4']] as const) {
      const name = families.join('-').toLowerCase();
      world.member(name, { importMode: 'Manual', ipFamilies }).import(anImport({ ipFamilies: families }));
      world.converge();
      expect(world.member(name).imported?.spec.ipFamilies).toEqual(families);
      expect(world.member(name).imported?.spec.ips).toHaveLength(families.length);
    }
    const impossible = world.member('cluster9', { importMode: 'Manual' }).import(anImport({ ipFamilies: ['IPv6'] }));
    world.converge();
    expect(impossible.imported?.spec.ipFamilies).toEqual(['IPv4']);
  });

  describe('in a cluster with two families', () => {
    const DUAL = ['IPv4', 'IPv6'] as const;

    /** cluster1 exports with the families; cluster2 has both, and asks for those that are told. */
    function fleet(exported: ServiceSpec['ipFamilies'], spec: Partial<ServiceImportSpec> = {}): World {
      const world = new World();
      world.member('cluster1', { importMode: 'Manual' });
      world.member('cluster2', { importMode: 'Manual', ipFamilies: DUAL }).import(anImport(spec));
      return offer(world, exported);
    }

    function offer(world: World, ipFamilies: ServiceSpec['ipFamilies'] = DUAL): World {
      world.member('cluster1').export(anExport(), aService({ ipFamilies }));
      world.converge();
      return world;
    }

    function shown(world: World) {
      const { imported, derivedService } = world.member('cluster2');
      expect(imported?.spec.ips).toEqual(derivedService?.spec.clusterIPs);
      return { families: imported?.spec.ipFamilies, ips: imported?.spec.ips };
    }

    test.each([
      [['IPv4'], ['IPv4', 'IPv6']],
      [['IPv6'], ['IPv6', 'IPv4']],
    ] as const)('that asks for none follows exports from %s to both, and keeps its address', (single, both) => {
      const world = fleet(single);
      const before = shown(world);
      expect(before.families).toEqual(single);
      expect(shown(offer(world, DUAL))).toEqual({ families: both, ips: [before.ips?.[0], expect.any(String)] });
      expect(shown(offer(world, single))).toEqual(before);
    });

    test('that asks for one keeps to it', () => {
      const world = fleet(['IPv4'], { ipFamilies: ['IPv4'] });
      const before = shown(world);
      expect(shown(offer(world, DUAL))).toEqual(before);
    });

    test('that is edited to ask for one, once families were filled in, gets that one', () => {
      const world = fleet(DUAL);
      change(world.member('cluster2'), { ipFamilies: ['IPv6'] });
      world.converge();
      expect(shown(world).families).toEqual(['IPv6']);
      expect(shown(offer(world, ['IPv6', 'IPv4'])).families).toEqual(['IPv6']);
    });

    test('that asked for what was impossible follows the exports from then on', () => {
      const world = fleet(['IPv4'], { ipFamilies: ['IPv6'] });
      expect(shown(world).families).toEqual(['IPv4']);
      expect(shown(offer(world, DUAL)).families).toEqual(['IPv4', 'IPv6']);
    });

    test('keeps what was filled in while the exports cannot be judged', () => {
      const world = fleet(['IPv6']);
      world.member('cluster1').set({ known: false });
      expect(world.plan('cluster2').filter(({ stage }) => stage !== 'status')).toEqual([]);
      world.member('cluster2').api.remove('services', DERIVED);
      world.converge();
      expect(shown(world).families).toEqual(['IPv6']);
    });
  });

  test.each<[string, Partial<ServiceImportSpec>, string]>([
    [
      'a bad protocol',
      { ports: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      'spec.ports[0].protocol: "HTTP" is not allowed; use TCP, UDP or SCTP',
    ],
    [
      'a protocol in lower case',
      { ports: [{ port: 80, protocol: 'tcp' }] },
      'spec.ports[0].protocol: "tcp" is not allowed; use TCP, UDP or SCTP',
    ],
    ['port 0', { ports: [{ port: 0 }] }, 'spec.ports[0].port: 0 is not allowed; use 1 to 65535'],
    ['port 65536', { ports: [{ port: 65_536 }] }, 'spec.ports[0].port: 65536 is not allowed; use 1 to 65535'],
    [
      'a bad name',
      { ports: [{ name: 'HTTP_', port: 80 }] },
      'spec.ports[0].name: "HTTP_" is not allowed; use at most 63 of a-z, 0-9 and -',
    ],
    [
      'a bad appProtocol',
      { ports: [{ port: 80, appProtocol: 'a b' }] },
      'spec.ports[0].appProtocol: "a b" is not allowed; use a name such as "http" or "example.com/name"',
    ],
    ['no ports', { ports: [] }, 'spec.ports: a ClusterSetIP import needs at least one port'],
  ])('with %s is told so, and gets nothing', (_, spec, message) => {
    const cluster2 = asking(spec).member('cluster2');
    expect(ready(cluster2)).toBe(`False InvalidPort: ${message}`);
    expect(cluster2.derivedService).toBeUndefined();
    expect(cluster2.derivedSlices).toEqual([]);
  });

  test.each<[string, Partial<ServiceImportSpec>, string]>([
    [
      'a name twice',
      { ports: [HTTP, { ...ADMIN, name: 'http' }] },
      'spec.ports[1].name: "http" is the name of spec.ports[0] already',
    ],
    [
      'a port twice',
      { ports: [HTTP, { ...HTTP, name: 'again' }] },
      'spec.ports[1].port: 80/TCP is the port of spec.ports[0] already',
    ],
    [
      'a bad port beside a good one',
      { ports: [{ port: -1 }, HTTP] },
      'spec.ports[0].port: -1 is not allowed; use 1 to 65535',
    ],
  ])('with %s is served without it', (_, spec, message) => {
    const cluster2 = asking(spec).member('cluster2');
    expect(ready(cluster2)).toBe(`False InvalidPort: ${message}`);
    expect(cluster2.derivedService?.spec.ports).toMatchObject([HTTP]);
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
  });

  test.each<[string, object, string]>([
    [
      'session affinity',
      { sessionAffinity: 'Cookie' },
      'spec.sessionAffinity: "Cookie" is not allowed; use None or ClientIP',
    ],
    [
      'internal traffic policy',
      { internalTrafficPolicy: 'Zone' },
      'spec.internalTrafficPolicy: "Zone" is not allowed; use Cluster or Local',
    ],
    [
      'traffic distribution',
      { trafficDistribution: 'Near' },
      'spec.trafficDistribution: "Near" is not allowed; use PreferClose, PreferSameZone or PreferSameNode',
    ],
    [
      'affinity timeout',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not allowed; use 1 to 86400',
    ],
  ])('with a bad %s is served with that of the exports', (_, spec, message) => {
    const cluster2 = asking(spec).member('cluster2');
    expect(ready(cluster2)).toBe(`False InvalidField: ${message}`);
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
  });

  test('keeps its Service and current endpoints when its ports turn bad', () => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    const { derivedService, imported } = cluster2;
    change(cluster2, { ports: [{ port: 80, protocol: 'HTTP' }] });
    world.member('cluster1').slices = [aSlice('web-1', [anEndpoint('10.1.0.2')])];
    world.converge();
    expect(cluster2.derivedService).toEqual(derivedService);
    expect(cluster2.imported?.spec.ips).toEqual(imported?.spec.ips);
    expect(cluster2.addresses).toEqual(['10.1.0.2']);
    change(cluster2, { ports: [HTTP] });
    world.converge();
    expect(ready(cluster2)).toMatch(/^True/);
  });

  test('names a port that nobody exports, serves the others, and never guesses', () => {
    const world = asking({ ports: [HTTP, ADMIN] });
    const cluster2 = world.member('cluster2');
    expect(ready(cluster2)).toBe('False PortNotExported: No cluster exports admin 9090/TCP; exported: http 80/TCP');
    expect(cluster2.derivedService?.spec.ports).toMatchObject([HTTP, ADMIN]);
    expect(cluster2.derivedSlices[0]?.ports).toEqual([{ name: 'http', protocol: 'TCP', port: 8080 }]);
    change(cluster2, { ports: [{ name: 'http', port: 8080 }] });
    world.converge();
    expect(ready(cluster2)).toContain('No cluster exports http 8080/TCP');
    expect(cluster2.addresses).toEqual([]);
  });

  test('may name a port that lost a conflict, and gets the endpoints that offer it', () => {
    const world = asking({ ports: [{ name: 'http', port: 81 }] });
    world
      .member('cluster3', { importMode: 'Manual' })
      .export(anExport({}, at(60)), aService({ ports: [{ ...HTTP, port: 81 }] }), [
        aSlice('web-1', [anEndpoint('10.3.0.1')]),
      ]);
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.3.0.1']);
    expect(ready(world.member('cluster2'))).toMatch(/^True/);
  });

  test('of another type is told so; what is there stays, and nothing new is made', () => {
    const world = asking({ type: 'Headless' });
    const cluster2 = world.member('cluster2');
    expect(ready(cluster2)).toBe(
      'False TypeMismatch: spec.type is "Headless", but the Service is exported as "ClusterSetIP"',
    );
    expect(cluster2.derivedService).toBeUndefined();
    change(cluster2, { type: 'ClusterSetIP' });
    world.converge();
    const { derivedService, derivedSlices } = cluster2;
    change(cluster2, { type: 'Headless' });
    world.converge();
    expect(ready(cluster2)).toMatch(/^False TypeMismatch/);
    expect([cluster2.derivedService, cluster2.derivedSlices]).toEqual([derivedService, derivedSlices]);
    world.member('cluster1').set({ known: false });
    expect(world.plan('cluster2').filter(({ stage }) => stage !== 'status')).toEqual([]);
    world.converge();
    expect(ready(cluster2)).toMatch(/^False TypeMismatch/);
  });

  test('keeps what it said of the exports while they cannot be judged, unless its spec changes', () => {
    const world = asking({ ports: [ADMIN] });
    const cluster2 = world.member('cluster2');
    const { addresses } = cluster2;
    world.member('cluster1').set({ known: false });
    world.converge();
    expect(ready(cluster2)).toMatch(/^False PortNotExported/);
    change(cluster2, { ports: [HTTP] });
    world.converge();
    expect(ready(cluster2)).toMatch(/^True Ready/);
    expect(cluster2.addresses).toEqual(addresses);
  });

  test('is not switched to another type while the exports cannot be judged', () => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    const { derivedService } = cluster2;
    world.member('cluster1').set({ known: false });
    change(cluster2, { type: 'Headless' });
    world.converge();
    expect(ready(cluster2)).toMatch(/^False TypeMismatch/);
    expect(cluster2.derivedService).toEqual(derivedService);
  });

  test('that nobody validly exports says why the exports are not valid', () => {
    const world = asking({}, aService({ type: 'ExternalName' }));
    expect(ready(world.member('cluster2'))).toBe(
      'False NotExported: No cluster exports "shop/web". The export of "cluster1" is not valid: ' +
        'Service "shop/web" is of type ExternalName, which has no endpoints to export',
    );
  });
});

describe('a Service of a user at the derived name', () => {
  const theirs = { metadata: { name: DERIVED, namespace: NAMESPACE }, spec: { ports: [{ name: 'x', port: 1 }] } };

  test('is never touched; the import says so until it is gone', () => {
    const world = new World();
    const cluster2 = world.member('cluster2');
    cluster2.api.put('services', theirs);
    const before = cluster2.api.get('services', DERIVED);
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    world.converge();
    expect(ready(cluster2)).toBe(
      'False NameConflict: Service "amcs-web" is not ours and is left alone; rename or delete it',
    );
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
    expect(cluster2.imported?.spec).not.toHaveProperty('ips');
    expect(cluster2.derivedSlices).toEqual([]);
    world.member('cluster1').unexport();
    world.converge();
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    cluster2.api.remove('services', DERIVED);
    world.converge();
    expect(ready(cluster2)).toMatch(/^True/);
  });

  test('that takes the place of ours loses our slices, and the import its address', () => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    cluster2.api.remove('services', DERIVED);
    cluster2.api.put('services', theirs);
    world.converge();
    expect(cluster2.derivedSlices).toEqual([]);
    expect(cluster2.imported?.spec.ips).toBeUndefined();
  });

  test.each([
    ['the label of the import', { 'app.kubernetes.io/managed-by': 'catamaran.dev' }],
    ['managed-by', { 'catamaran.dev/derived-from': 'web' }],
  ])('rule 31: stays managed by Catamaran if a user removed %s', (_, labels) => {
    const world = asking();
    const { api } = world.member('cluster2');
    const service = api.get('services', DERIVED);
    api.put('services', { ...service, metadata: { ...Object(service?.metadata), labels } });
    world.converge();
    expect(world.member('cluster2').derivedService?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'catamaran.dev',
      'catamaran.dev/derived-from': 'web',
    });
  });

  test.each([
    ['carries the labels, and has a selector and no owner', { ownerReferences: [] }],
    ['has the owner, and none of the labels', { labels: {} }],
  ])('rule 31: is left alone and reported if it %s', (_, metadata) => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    const service = cluster2.api.get('services', DERIVED);
    const spec = { ...Object(service?.spec), selector: { app: 'mine' } };
    cluster2.api.put('services', { ...service, spec, metadata: { ...Object(service?.metadata), ...metadata } });
    const before = cluster2.api.get('services', DERIVED);
    world.converge();
    expect(ready(cluster2)).toMatch(/^False NameConflict: /);
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
    world.member('cluster1').unexport();
    world.converge();
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
  });
});

describe('a user who edits what is ours', () => {
  test.each<[string, object]>([
    ['ports', { ports: [{ name: 'other', protocol: 'TCP', port: 1 }] }],
    ['a target port', { ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 9999 }] }],
    ['a selector', { selector: { app: 'mine' } }],
    ['type', { type: 'NodePort' }],
    ['publishNotReadyAddresses', { publishNotReadyAddresses: true }],
    ['session affinity', { sessionAffinity: 'ClientIP' }],
    ['traffic', { internalTrafficPolicy: 'Local', trafficDistribution: 'PreferClose' }],
  ])('of the derived Service: %s is repaired in place', (_, spec) => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    const before = cluster2.derivedService;
    const object = cluster2.api.get('services', DERIVED);
    cluster2.api.put('services', { ...object, spec: { ...Object(object?.spec), ...spec } });
    world.converge();
    expect(cluster2.derivedService?.spec).toEqual(before?.spec);
    expect(cluster2.derivedService?.metadata.uid).toBe(before?.metadata.uid);
  });

  test('of an automatic import: spec and metadata are repaired', () => {
    const world = new World();
    const cluster1 = world.member('cluster1').export(anExport({ exportedLabels: { team: 'a' } }), aService());
    world.converge();
    const before = cluster1.imported;
    const object = cluster1.api.get('serviceImports', NAME);
    const labels = { 'catamaran.dev/import-origin': 'automatic', team: 'b' };
    const annotations = { 'catamaran.dev/exported-keys': 'not JSON' };
    cluster1.api.put('serviceImports', {
      ...object,
      metadata: { ...Object(object?.metadata), labels, annotations },
      spec: {
        type: 'Headless',
        ports: [],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } },
      },
    });
    world.converge();
    expect(cluster1.imported?.spec).toEqual({ ...before?.spec, ips: cluster1.derivedService?.spec.clusterIPs });
    expect(cluster1.imported?.metadata.labels).toEqual(before?.metadata.labels);
    expect(cluster1.imported?.metadata.annotations).toEqual(before?.metadata.annotations);
  });

  test('of a derived slice: endpoints, ports and source are repaired', () => {
    const world = asking();
    const cluster2 = world.member('cluster2');
    const [before] = cluster2.derivedSlices;
    const [object] = cluster2.api.list('endpointSlices');
    const metadata = Object(object?.metadata);
    const labels = {
      ...metadata.labels,
      'multicluster.kubernetes.io/source-cluster': 'nobody',
      [SERVICE_NAME]: 'other',
    };
    cluster2.api.put('endpointSlices', { ...object, metadata: { ...metadata, labels }, endpoints: [], ports: [] });
    world.converge();
    const [after] = cluster2.derivedSlices;
    expect({ ...after, metadata: 0 }).toEqual({ ...before, metadata: 0 });
    expect(after?.metadata.labels).toEqual(before?.metadata.labels);
  });
});

test('what an API server refuses to take is told on the import', () => {
  const world = asking();
  const consumer = { ...world.consumer('cluster2'), refusal: 'exceeded quota: services' };
  const [change] = plan(consumer, desired(world.clusterset(), consumer), NOW);
  expect(change).toMatchObject({
    subresource: 'status',
    notices: [{ type: 'Warning', reason: 'Rejected' }],
  });
  expect(JSON.stringify(change)).toContain('The API server refuses what was derived: exceeded quota: services');
});

describe('import modes', () => {
  test('an automatic import goes with everything derived when the mode becomes Manual', () => {
    const world = new World();
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    world.converge();
    world.member('cluster1').set({ importMode: 'Manual', known: true });
    world.converge();
    const { imported, derivedService, derivedSlices } = world.member('cluster1');
    expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
    expect(world.member('cluster1').exported?.status?.conditions).not.toEqual([]);
  });

  test('an import that is being deleted counts as gone, and is not made again before it is', () => {
    const world = new World();
    const cluster1 = world
      .member('cluster1')
      .export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    world.converge();
    const object = cluster1.api.get('serviceImports', NAME);
    cluster1.api.put('serviceImports', {
      ...object,
      metadata: { ...Object(object?.metadata), deletionTimestamp: at(9) },
    });
    world.converge();
    expect([cluster1.derivedService, cluster1.derivedSlices]).toEqual([undefined, []]);
    cluster1.api.remove('serviceImports', NAME);
    world.converge();
    expect(ready(cluster1)).toMatch(/^True/);
  });

  test('an automatic import is made from what is known where none is there, and then stays', () => {
    const world = new World();
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    world.member('cluster3').export(anExport({}, at(60)), aService(), [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
    world.converge();
    world.member('cluster1').set({ known: false });
    world.member('cluster2');
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.3.0.1']);
    world.member('cluster2').api.remove('services', DERIVED);
    world.converge();
    expect(world.member('cluster2').imported?.spec.ips).toEqual(
      world.member('cluster2').derivedService?.spec.clusterIPs,
    );
    world.member('cluster1').set({ known: true });
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.1.0.1', '10.3.0.1']);
  });

  test('where nothing is known, what is there is held', () => {
    const world = new World();
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    const cluster2 = world.member('cluster2');
    world.converge();
    const object = cluster2.api.get('serviceImports', NAME);
    cluster2.api.put('serviceImports', {
      ...object,
      metadata: { ...Object(object?.metadata), deletionTimestamp: at(9) },
    });
    world.member('cluster1').set({ known: false });
    expect(world.plan('cluster2')).toEqual([]);
    world.member('cluster2').set({ known: false });
    expect(world.plan('cluster2')).toEqual([]);
  });
});

describe('a member that cannot be reached', () => {
  function lost(): World {
    const world = new World();
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    world.member('cluster2');
    world.member('cluster3').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
    world.converge();
    return world;
  }

  function reachable({ imported }: Member) {
    return imported?.status?.conditions?.find(({ type }) => type === 'catamaran.dev/SourcesReachable')?.message;
  }

  test('keeps its endpoints until they expire', () => {
    const world = lost();
    const cluster2 = world.member('cluster2');
    world.member('cluster1').set({ reachable: false });
    world.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.3.0.1']);
    expect(reachable(cluster2)).toBe('Cannot reach "cluster1"; its endpoints are kept');
    world.member('cluster1').set({ expired: true });
    world.converge();
    expect(cluster2.addresses).toEqual(['10.3.0.1']);
    expect(reachable(cluster2)).toBe('Cannot reach "cluster1"; its endpoints have expired');
    expect(cluster2.imported?.status?.clusters).toHaveLength(2);
    world.member('cluster1').set({ reachable: true, expired: false });
    world.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.3.0.1']);
    expect(reachable(cluster2)).toBeUndefined();
  });

  test('keeps the last ready endpoints whatever has expired', () => {
    const world = lost();
    const cluster2 = world.member('cluster2');
    for (const name of ['cluster1', 'cluster3']) world.member(name).set({ reachable: false, expired: true });
    world.member('cluster3').slices = [aSlice('web-1', [anEndpoint('10.3.0.1', { conditions: { ready: false } })])];
    world.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
    expect(reachable(cluster2)).toBe(
      'Cannot reach "cluster1"; its endpoints are kept. Cannot reach "cluster3"; its endpoints have expired',
    );
    world.member('cluster3').set({ reachable: true, expired: false });
    world.member('cluster3').slices = [aSlice('web-1', [anEndpoint('10.3.0.1')])];
    world.converge();
    expect(cluster2.addresses).toEqual(['10.3.0.1']);
  });

  test('has its endpoints expire also where nothing is known of it any more', () => {
    const world = lost();
    world.member('cluster1').set({ known: false, reachable: false, expired: true });
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.3.0.1']);
  });
});
