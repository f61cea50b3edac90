/** One test or more for each rule of the engine, by its number in the semantics that the project is built on. */
import { describe, expect, test } from 'vitest';
import { SERVICE_NAME } from '../../../src/api/labels.ts';
import type { IPFamily } from '../../../src/api/meta.ts';
import type { Change } from '../../../src/core/change.ts';
import { derivedSliceName, isDnsLabel } from '../../../src/core/naming.ts';
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
} from '../../support/core-objects.ts';
import { type Member, type MemberSettings, World } from '../../support/core-world.ts';

const ADMIN = { name: 'admin', protocol: 'TCP' as const, port: 9090 };

function condition(member: Member, kind: 'exported' | 'imported', type: string) {
  return member[kind]?.status?.conditions?.find((candidate) => candidate.type === type);
}

function ready(member: Member) {
  return condition(member, 'imported', 'Ready');
}

/** cluster1 exports, cluster2 consumes; both have settled. */
function exporting(service = aService(), settings: Partial<MemberSettings> = {}): World {
  const world = new World();
  world
    .member('cluster1')
    .export(anExport(), service, [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-2', [anEndpoint('10.1.0.2')]),
    ]);
  world.member('cluster2', settings);
  world.converge();
  return world;
}

/** Adds a second exporter, younger unless told otherwise. */
function joinedBy(world: World, service = aService(), created = at(60), spec = {}): World {
  world.member('cluster3').export(anExport(spec, created), service, [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
  world.converge();
  return world;
}

function kinds(changes: readonly Change[]): readonly string[] {
  return changes.map(({ op, resource, stage }) => `${stage}: ${op} ${resource}`);
}

function portsOf(member: Member, source: string) {
  return member.derivedSlices
    .filter(({ metadata }) => metadata.labels?.['multicluster.kubernetes.io/source-cluster'] === source)
    .flatMap(({ ports }) => ports ?? []);
}

describe('merging exports', () => {
  test.each([
    ['no Service', undefined, 'NoService', 'Pending'],
    ['a Service that is being deleted', aService({}, { deletionTimestamp: at(9) }), 'NoService', 'Pending'],
    ['an ExternalName Service', aService({ type: 'ExternalName' }), 'InvalidServiceType', 'Failed'],
    [
      'a derived Service',
      aService(
        {},
        {
          labels: { 'catamaran.dev/derived-from': 'x' },
          ownerReferences: [
            { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'x', uid: 'uid' },
          ],
        },
      ),
      'InvalidServiceType',
      'Failed',
    ],
  ])('rule 1: an export of %s takes no part, and says so', (_, service, reason, readyReason) => {
    const world = exporting();
    world.member('cluster3').export(anExport(), service, [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
    world.converge();
    const cluster3 = world.member('cluster3');
    expect(condition(cluster3, 'exported', 'Valid')).toMatchObject({ status: 'False', reason });
    expect(condition(cluster3, 'exported', 'Ready')).toMatchObject({ status: 'False', reason: readyReason });
    expect(condition(cluster3, 'exported', 'Conflict')).toBeUndefined();
    expect(world.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
    expect(world.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('rule 1: an export that turns invalid loses its Conflict condition', () => {
    const world = joinedBy(exporting());
    expect(condition(world.member('cluster3'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
    world.member('cluster3').api.remove('services', NAME);
    world.converge();
    expect(condition(world.member('cluster3'), 'exported', 'Conflict')).toBeUndefined();
  });

  test('rule 2: every single-valued field is that of the oldest export, an unset one included', () => {
    const rich = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
    });
    const world = joinedBy(exporting(), rich, at(60), { exportedLabels: { team: 'b' } });
    const { imported } = world.member('cluster2');
    expect(imported?.spec).toMatchObject({ sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' });
    expect(imported?.spec).not.toHaveProperty('sessionAffinityConfig');
    expect(imported?.spec).not.toHaveProperty('trafficDistribution');
    expect(imported?.metadata.labels).not.toHaveProperty('team');
  });

  test('rule 2: an older export takes over, whenever it arrives', () => {
    const rich = aService({ sessionAffinity: 'ClientIP', trafficDistribution: 'PreferClose' });
    const world = joinedBy(exporting(), rich, at(-60));
    expect(world.member('cluster2').imported?.spec).toMatchObject({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      trafficDistribution: 'PreferClose',
    });
  });

  test('rule 2: of exports of the same second the member name decides', () => {
    const world = joinedBy(exporting(), aService({ trafficDistribution: 'PreferClose' }), at(0));
    expect(world.member('cluster2').imported?.spec.trafficDistribution).toBeUndefined();
    expect(condition(world.member('cluster1'), 'exported', 'Conflict')?.message).toContain(
      '"cluster1" has none and wins',
    );
  });

  test('rule 2: a nil internalTrafficPolicy equals Cluster, and an absent protocol TCP', () => {
    const { internalTrafficPolicy: _, ...spec } = aService({ ports: [{ name: 'http', port: 80 }] }).spec;
    const world = joinedBy(exporting(), { ...aService(), spec });
    expect(condition(world.member('cluster1'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
  });

  test('rule 3: ports are a union, by name first and then by number', () => {
    const world = joinedBy(exporting(), aService({ ports: [{ ...HTTP, port: 81 }, ADMIN] }));
    expect(world.member('cluster2').imported?.spec.ports).toEqual([HTTP, ADMIN]);
  });

  test('rule 3: the same port under another name is one port, and the younger slice takes the older name', () => {
    const world = exporting();
    world
      .member('cluster3')
      .export(anExport({}, at(60)), aService({ ports: [{ ...HTTP, name: 'web' }] }), [
        aSlice('web-1', [anEndpoint('10.3.0.1')], [{ name: 'web', protocol: 'TCP', port: 3000 }]),
      ]);
    world.converge();
    expect(world.member('cluster2').imported?.spec.ports).toEqual([HTTP]);
    expect(portsOf(world.member('cluster2'), 'cluster3')).toEqual([{ name: 'http', protocol: 'TCP', port: 3000 }]);
  });

  test('rule 3: an unnamed port beside a named one gets a name, in the Service and in the slices', () => {
    const unnamed = { protocol: 'TCP' as const, port: 80 };
    const world = new World();
    world
      .member('cluster1')
      .export(anExport(), aService({ ports: [unnamed] }), [
        aSlice('web-1', [anEndpoint('10.1.0.1')], [{ name: '', protocol: 'TCP', port: 8080 }]),
      ]);
    world.member('cluster2');
    joinedBy(world, aService({ ports: [ADMIN] }));
    const { derivedService } = world.member('cluster2');
    expect(derivedService?.spec.ports?.map(({ name }) => name)).toEqual(['tcp-80', 'admin']);
    expect(portsOf(world.member('cluster2'), 'cluster1')).toEqual([{ name: 'tcp-80', protocol: 'TCP', port: 8080 }]);
  });

  test('rule 4: target ports travel untouched, even where they differ between slices', () => {
    const world = new World();
    world
      .member('cluster1')
      .export(anExport(), aService(), [
        aSlice('web-1', [anEndpoint('10.1.0.1')], [{ name: 'http', protocol: 'TCP', port: 8080 }]),
        aSlice('web-2', [anEndpoint('10.1.0.2')], [{ name: 'http', protocol: 'TCP', port: 8081 }]),
      ]);
    world.converge();
    expect(
      portsOf(world.member('cluster1'), 'cluster1')
        .map(({ port }) => port)
        .toSorted(),
    ).toEqual([8080, 8081]);
  });

  test('rule 4: a conflicting port is routed only to clusters that offer it as merged', () => {
    const world = exporting();
    const slice = aSlice(
      'web-1',
      [anEndpoint('10.3.0.1')],
      [
        { name: 'http', protocol: 'TCP', port: 8080 },
        { name: 'admin', protocol: 'TCP', port: 9090 },
      ],
    );
    world.member('cluster3').export(anExport({}, at(60)), aService({ ports: [{ ...HTTP, port: 81 }, ADMIN] }), [slice]);
    world.converge();
    expect(portsOf(world.member('cluster2'), 'cluster3')).toEqual([{ name: 'admin', protocol: 'TCP', port: 9090 }]);
  });

  test('rule 4: a ClusterSetIP slice with no port left is not written, a headless one is', () => {
    const other = aService({ ports: [{ ...HTTP, port: 81 }] });
    const world = joinedBy(exporting(), other);
    expect(world.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    const headless = joinedBy(
      exporting(aService({ clusterIP: 'None' })),
      aService({ ...other.spec, clusterIP: 'None' }),
    );
    expect(headless.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2', '10.3.0.1']);
    expect(portsOf(headless.member('cluster2'), 'cluster3')).toEqual([]);
  });

  test.each([
    ['ports', aService({ ports: [HTTP, ADMIN] }), {}, 'PortConflict'],
    ['the appProtocol of a port', aService({ ports: [{ ...HTTP, appProtocol: 'http' }] }), {}, 'PortConflict'],
    ['type', aService({ clusterIP: 'None' }), {}, 'TypeConflict'],
    ['session affinity', aService({ sessionAffinity: 'ClientIP' }), {}, 'SessionAffinityConflict'],
    ['internal traffic policy', aService({ internalTrafficPolicy: 'Local' }), {}, 'InternalTrafficPolicyConflict'],
    ['traffic distribution', aService({ trafficDistribution: 'PreferClose' }), {}, 'TrafficDistributionConflict'],
    ['IP families', aService({ ipFamilies: ['IPv6'] }), {}, 'IPFamilyConflict'],
    ['labels', aService(), { exportedLabels: { a: '1' } }, 'LabelsConflict'],
    ['annotations', aService(), { exportedAnnotations: { a: '1' } }, 'AnnotationsConflict'],
    [
      'several fields',
      aService({ ports: [ADMIN], trafficDistribution: 'PreferClose' }),
      { exportedLabels: { a: '1' } },
      'PortConflict,TrafficDistributionConflict,LabelsConflict',
    ],
  ])('rule 5: exports that differ in %s tell it on every exporter', (_, service, spec, reason) => {
    const world = joinedBy(exporting(), service, at(60), spec);
    const first = condition(world.member('cluster1'), 'exported', 'Conflict');
    expect(first).toMatchObject({ status: 'True', reason });
    expect(first?.message).toMatch(/"cluster3"/);
    expect(first?.message).toMatch(/1 of 2 clusters differ/);
    expect(condition(world.member('cluster3'), 'exported', 'Conflict')).toMatchObject({
      reason,
      message: first?.message,
    });
  });

  test('rule 5: an affinity timeout that differs is a conflict of its own', () => {
    const sticky = (timeoutSeconds: number) =>
      aService({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } });
    const world = joinedBy(exporting(sticky(10)), sticky(20));
    expect(condition(world.member('cluster1'), 'exported', 'Conflict')?.reason).toBe('SessionAffinityConfigConflict');
  });

  test('rule 5: the order of ports is no conflict, and agreement is said as well', () => {
    const world = joinedBy(exporting(aService({ ports: [HTTP, ADMIN] })), aService({ ports: [ADMIN, HTTP] }));
    for (const name of ['cluster1', 'cluster3']) {
      const conflict = condition(world.member(name), 'exported', 'Conflict');
      expect(conflict).toMatchObject({ status: 'False', reason: 'NoConflicts' });
    }
  });

  test('rule 5: a conflict goes when its cause goes', () => {
    const world = joinedBy(exporting(), aService({ clusterIP: 'None' }));
    world.member('cluster3').unexport();
    world.converge();
    expect(condition(world.member('cluster1'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
  });

  test('rule 5: a message never outgrows the API, however many clusters differ', () => {
    const world = exporting();
    for (let index = 0; index < 90; index++) {
      const annotations = { note: `${index}`.repeat(50_000) };
      const member = world.member(`member-${index}`, { namespace: 'Absent' });
      member.export(
        anExport({ exportedAnnotations: annotations }, at(60)),
        aService({ ports: [{ ...HTTP, port: 81 + index }] }),
      );
    }
    world.converge();
    const message = condition(world.member('cluster1'), 'exported', 'Conflict')?.message ?? '';
    expect(message.length).toBeLessThanOrEqual(32_768);
    expect(message).toContain('more (90 of 91 clusters differ)');
  });

  test('rule 6: exported labels and annotations land on the import, and on nothing else', () => {
    const world = new World();
    const spec = { exportedLabels: { team: 'a' }, exportedAnnotations: { note: 'any text' } };
    world.member('cluster1').export(anExport(spec), aService({}, { labels: { own: 'x' } }));
    world.converge();
    const { imported, derivedService } = world.member('cluster1');
    expect(imported?.metadata.labels).toEqual({ team: 'a', 'catamaran.dev/import-origin': 'automatic' });
    expect(imported?.metadata.annotations).toMatchObject({ note: 'any text' });
    expect(derivedService?.metadata.labels).not.toHaveProperty('team');
  });

  test('rule 6: reserved keys are refused with a message, and no export can set the marker', () => {
    const world = new World();
    const spec = {
      exportedLabels: { 'catamaran.dev/import-origin': 'mine', 'app.kubernetes.io/name': 'x', fine: 'y' },
      exportedAnnotations: { 'a.k8s.io/b': 'z' },
    };
    world.member('cluster1').export(anExport(spec), aService());
    world.converge();
    const { imported } = world.member('cluster1');
    expect(imported?.metadata.labels).toEqual({ fine: 'y', 'catamaran.dev/import-origin': 'automatic' });
    const message = condition(world.member('cluster1'), 'exported', 'Ready')?.message;
    expect(message).toContain('"app.kubernetes.io/name" is reserved');
    expect(message).toContain('"a.k8s.io/b" is reserved');
  });

  test.each(['exportedLabels', 'exportedAnnotations'] as const)(
    'rule 6: so are %s whose keys alone would make the import too large',
    (field) => {
      const world = new World();
      const keys = Array.from({ length: 1_500 }, (_, index) => `${'x'.repeat(240)}.example/${index}`);
      const map = Object.fromEntries(keys.map((key) => [key, '']));
      world.member('cluster1').export(anExport({ [field]: map }), aService());
      world.converge();
      const { imported, exported } = world.member('cluster1');
      const landed = { ...imported?.metadata.labels, ...imported?.metadata.annotations };
      expect(landed).toHaveProperty([keys[0] ?? '']);
      expect(JSON.stringify(exported?.status)).toContain('too large');
      world.member('cluster1').export(anExport(), aService());
      world.converge();
      expect(world.member('cluster1').imported?.metadata.annotations ?? {}).toEqual({});
    },
  );

  test('rule 6: a key that is exported no more goes, and one that somebody else added stays', () => {
    const world = new World();
    const cluster1 = world.member('cluster1').export(anExport({ exportedLabels: { team: 'a' } }), aService());
    world.converge();
    const before = cluster1.api.get('serviceImports', NAME);
    const metadata = Object(before?.metadata);
    cluster1.api.put('serviceImports', {
      ...before,
      metadata: { ...metadata, labels: { ...metadata.labels, foreign: 'x' } },
    });
    cluster1.export(anExport(), aService());
    world.converge();
    expect(cluster1.imported?.metadata.labels).toEqual({ foreign: 'x', 'catamaran.dev/import-origin': 'automatic' });
    expect(cluster1.imported?.metadata.annotations ?? {}).toEqual({});
  });

  test('rule 7: families are what the exporters share, and what the consumer has of that', () => {
    const dual = aService({ ipFamilies: ['IPv6', 'IPv4'] });
    const world = exporting(dual, { ipFamilies: ['IPv4', 'IPv6'] });
    const cluster2 = world.member('cluster2');
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    joinedBy(world);
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4']);
    expect(cluster2.imported?.spec.ips).toHaveLength(1);
  });

  test('rule 7: an exporter that shares no family is passed over', () => {
    const world = joinedBy(exporting(), aService({ ipFamilies: ['IPv6'] }));
    expect(world.member('cluster2').imported?.spec.ipFamilies).toEqual(['IPv4']);
  });

  test('rule 7: without a common family the import says so, and no Service is made', () => {
    const world = exporting(aService({ ipFamilies: ['IPv6'] }));
    expect(ready(world.member('cluster2'))).toMatchObject({ status: 'False', reason: 'IPFamilyNotSupported' });
    expect(world.member('cluster2').derivedService).toBeUndefined();
  });

  test('rule 7: a headless import has families from the start, and never addresses', () => {
    const world = new World();
    world
      .member('cluster1')
      .export(anExport(), aService({ clusterIP: 'None' }), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    world.pass();
    expect(world.member('cluster1').imported?.spec).toMatchObject({ type: 'Headless', ipFamilies: ['IPv4'] });
    world.converge();
    expect(world.member('cluster1').imported?.spec).not.toHaveProperty('ips');
    expect(ready(world.member('cluster1'))?.status).toBe('True');
  });

  test('rule 8: every import says that its slices are there, and which clusters it is from', () => {
    const world = joinedBy(exporting());
    expect(world.member('cluster2').imported?.status).toMatchObject({
      endpointSliceObjects: 'Present',
      clusters: [{ cluster: 'cluster1' }, { cluster: 'cluster3' }],
    });
    const lone = new World();
    lone.member('cluster2').import(anImport());
    lone.converge();
    expect(lone.member('cluster2').imported?.status).toMatchObject({ endpointSliceObjects: 'Present' });
  });
});

describe('the derived Service', () => {
  test('rule 9: families and their policy are always spelled out', () => {
    for (const clusterIP of ['10.0.0.1', 'None']) {
      const single = exporting(aService({ clusterIP })).member('cluster2').derivedService;
      expect(single?.spec).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
      const dual = exporting(aService({ clusterIP, ipFamilies: ['IPv4', 'IPv6'] }), { ipFamilies: ['IPv6', 'IPv4'] });
      expect(dual.member('cluster2').derivedService?.spec).toMatchObject({
        ipFamilies: ['IPv6', 'IPv4'],
        ipFamilyPolicy: 'RequireDualStack',
      });
    }
  });

  test('rule 10: from virtual to headless and back needs a new Service, and then other addresses', () => {
    const world = exporting();
    const cluster2 = world.member('cluster2');
    const first = cluster2.derivedService?.metadata.uid;
    const slices = () =>
      cluster2.derivedSlices.map(({ metadata }) => metadata.labels?.['service.kubernetes.io/headless']);
    world.member('cluster1').export(anExport(), aService({ clusterIP: 'None' }), world.member('cluster1').slices);
    expect(kinds(world.plan('cluster2'))).toContain('service: delete services');
    world.converge();
    expect(cluster2.derivedService?.metadata.uid).not.toBe(first);
    expect(cluster2.derivedService?.spec.clusterIP).toBe('None');
    expect(cluster2.imported?.spec).not.toHaveProperty('ips');
    expect(slices()).toEqual(['', '']);
    world.member('cluster1').export(anExport(), aService(), world.member('cluster1').slices);
    world.converge();
    expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    expect(slices()).toEqual([undefined, undefined]);
  });

  test('rule 10: another primary family needs a new Service, a second one does not', () => {
    const world = exporting(aService(), { ipFamilies: ['IPv6', 'IPv4'] });
    const cluster2 = world.member('cluster2');
    const offer = (...ipFamilies: readonly IPFamily[]) => {
      world.member('cluster1').export(anExport(), aService({ ipFamilies }), world.member('cluster1').slices);
      world.converge();
      return { uid: cluster2.derivedService?.metadata.uid, spec: cluster2.imported?.spec };
    };
    const first = offer('IPv4');
    // The address is the same for the life of the import, so its family stays first.
    expect(offer('IPv4', 'IPv6')).toMatchObject({
      uid: first.uid,
      spec: { ipFamilies: ['IPv4', 'IPv6'], ips: [first.spec?.ips?.[0], expect.any(String)] },
    });
    const second = offer('IPv6');
    expect(second.uid).not.toBe(first.uid);
    expect(offer('IPv4', 'IPv6')).toMatchObject({ uid: second.uid, spec: { ipFamilies: ['IPv6', 'IPv4'] } });
    expect(offer('IPv6')).toEqual(second);
  });

  test('rule 11: labels are built from scratch', () => {
    const labels = {
      own: 'x',
      'service.kubernetes.io/service-proxy-name': 'other',
      'service.kubernetes.io/headless': '',
    };
    const world = new World();
    world.member('cluster1').export(anExport(), aService({}, { labels }), [
      aSlice('web-1', [anEndpoint('10.1.0.1')], undefined, undefined, {
        labels: { ...labels, [SERVICE_NAME]: NAME },
      }),
    ]);
    world.converge();
    const { derivedService, derivedSlices } = world.member('cluster1');
    expect(derivedService?.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'catamaran.dev',
      'catamaran.dev/derived-from': 'web',
      'multicluster.kubernetes.io/service-name': 'web',
    });
    expect(derivedSlices[0]?.metadata.labels).toEqual({
      'kubernetes.io/service-name': 'amcs-web',
      'multicluster.kubernetes.io/service-name': 'web',
      'multicluster.kubernetes.io/source-cluster': 'cluster1',
      'endpointslice.kubernetes.io/managed-by': 'catamaran.dev',
    });
  });

  test('rule 11: a label that makes kube-proxy skip a slice is taken off again', () => {
    const world = exporting();
    const { api } = world.member('cluster2');
    for (const label of ['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name']) {
      const slice = api.list('endpointSlices')[0];
      const metadata = Object(slice?.metadata);
      api.put('endpointSlices', {
        ...slice,
        metadata: { ...metadata, labels: { ...metadata.labels, [label]: 'x', mine: 'y' } },
      });
      world.converge();
      const labels = Object(api.get('endpointSlices', metadata.name)?.metadata).labels;
      expect(labels).not.toHaveProperty([label]);
      expect(labels).toHaveProperty('mine');
    }
  });

  test('rule 11: so it is from a Service, whose other labels stay', () => {
    const world = exporting();
    const cluster2 = world.member('cluster2');
    const before = cluster2.derivedService?.metadata.labels;
    const service = cluster2.api.get('services', DERIVED);
    const skipped = { 'service.kubernetes.io/headless': '', 'service.kubernetes.io/service-proxy-name': 'other' };
    const labels = { ...before, ...skipped, mine: 'y' };
    cluster2.api.put('services', { ...service, metadata: { ...Object(service?.metadata), labels } });
    world.converge();
    expect(cluster2.derivedService?.metadata.labels).toEqual({ ...before, mine: 'y' });
  });

  test('rule 12: slices of somebody else under the derived name are reported, and ours go on', () => {
    const world = exporting();
    world.member('cluster2').api.put('endpointSlices', {
      metadata: { name: 'mirrored', namespace: NAMESPACE, labels: { [SERVICE_NAME]: DERIVED } },
      addressType: 'IPv4',
    });
    world.converge();
    expect(ready(world.member('cluster2'))).toMatchObject({ status: 'False', reason: 'ForeignEndpoints' });
    expect(ready(world.member('cluster2'))?.message).toContain('"mirrored"');
    expect(world.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });
});

describe('derived slices', () => {
  test('rule 13: nothing imported is exported again', () => {
    const world = new World();
    const foreign = { 'multicluster.kubernetes.io/source-cluster': 'elsewhere', [SERVICE_NAME]: NAME };
    const ours = { 'endpointslice.kubernetes.io/managed-by': 'catamaran.dev', [SERVICE_NAME]: NAME };
    world
      .member('cluster1')
      .export(anExport(), aService(), [
        aSlice('web-1', [anEndpoint('10.1.0.1')]),
        aSlice('web-2', [anEndpoint('10.9.0.1')], undefined, undefined, { labels: foreign }),
        aSlice('web-3', [anEndpoint('10.9.0.2')], undefined, undefined, { labels: ours }),
      ]);
    world.converge();
    expect(world.member('cluster1').addresses).toEqual(['10.1.0.1']);
  });

  test('rule 14: the name tells member, namespace, slice and address type apart, and is the same every time', () => {
    const world = joinedBy(exporting());
    const names = world.member('cluster2').derivedSlices.map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(3);
    expect(world.member('cluster1').derivedSlices.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(names.every((name) => /^amcs-web-[0-9a-f]{16}$/.test(name))).toBe(true);
  });

  test('rule 14: a slice made again with another address type is another slice', () => {
    const world = exporting(aService({ ipFamilies: ['IPv4', 'IPv6'] }), { ipFamilies: ['IPv4', 'IPv6'] });
    const before = world.member('cluster2').derivedSlices.map(({ metadata }) => metadata.name);
    world.member('cluster1').slices = [aSlice('web-1', [anEndpoint('fd01::1')], undefined, 'IPv6')];
    world.converge();
    const after = world.member('cluster2').derivedSlices;
    expect(after.map(({ addressType }) => addressType)).toEqual(['IPv6']);
    expect(before).not.toContain(after[0]?.metadata.name);
  });

  test('rule 14: an endpoint that moves between slices is added before it is taken away', () => {
    const world = exporting();
    const [, web2] = world.member('cluster1').slices;
    world.member('cluster1').slices = [aSlice('web-3', [anEndpoint('10.1.0.1')]), ...(web2 ? [web2] : [])];
    expect(kinds(world.plan('cluster2'))).toEqual(['slice: create endpointSlices', 'prune: delete endpointSlices']);
  });

  test('rule 14: so it is where it moves out of a slice that stays', () => {
    const world = exporting();
    const [, web2] = world.member('cluster1').slices;
    world.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.9')]),
      aSlice('web-3', [anEndpoint('10.1.0.1')]),
      ...(web2 ? [web2] : []),
    ];
    expect(kinds(world.plan('cluster2')).slice(0, 2)).toEqual([
      'slice: create endpointSlices',
      'change: patch endpointSlices',
    ]);
    world.member('cluster1').slices = [
      aSlice('web-1', []),
      aSlice('web-3', [anEndpoint('10.1.0.1')]),
      ...(web2 ? [web2] : []),
    ];
    expect(kinds(world.plan('cluster2')).slice(0, 2)).toEqual([
      'slice: create endpointSlices',
      'shrink: patch endpointSlices',
    ]);
    world.converge();
    world.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-3', []),
      ...(web2 ? [web2] : []),
    ];
    expect(kinds(world.plan('cluster2')).slice(0, 2)).toEqual([
      'grow: patch endpointSlices',
      'shrink: patch endpointSlices',
    ]);
  });

  test('rule 14: so it is where it moves to a slice that grows, and another takes its place', () => {
    const world = exporting();
    const grown = derivedSliceName(DERIVED, 'cluster1', NAMESPACE, 'web-2', 'IPv4');
    world.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.9')]),
      aSlice('web-2', [anEndpoint('10.1.0.2'), anEndpoint('10.1.0.1')]),
    ];
    const [first, second] = world.plan('cluster2');
    expect(first?.name).toBe(grown);
    expect(second?.stage).not.toBe(first?.stage);
  });

  test('rule 15: a node name is kept at home only', () => {
    const world = new World();
    world
      .member('cluster1')
      .export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1', { nodeName: 'node1' })])]);
    world.member('cluster2');
    world.converge();
    expect(world.member('cluster1').derivedSlices[0]?.endpoints[0]?.nodeName).toBe('node1');
    expect(world.member('cluster2').derivedSlices[0]?.endpoints[0]).not.toHaveProperty('nodeName');
  });

  test.each(['PreferClose', 'PreferSameZone'])(
    'rule 16: %s gives zone hints, on all endpoints of a slice or none',
    (value) => {
      const world = new World();
      const service = aService({ trafficDistribution: value });
      world
        .member('cluster1')
        .export(anExport(), service, [
          aSlice('web-1', [anEndpoint('10.1.0.1', { zone: 'a' }), anEndpoint('10.1.0.2', { zone: 'b' })]),
          aSlice('web-2', [anEndpoint('10.1.0.3', { zone: 'a' }), anEndpoint('10.1.0.4')]),
        ]);
      world.converge();
      const hints = world.member('cluster1').derivedSlices.map(({ endpoints }) => endpoints.map(({ hints }) => hints));
      expect(hints).toContainEqual([{ forZones: [{ name: 'a' }] }, { forZones: [{ name: 'b' }] }]);
      expect(hints).toContainEqual([undefined, undefined]);
    },
  );

  test('rule 16: otherwise the hints of the source are dropped', () => {
    const world = new World();
    const hinted = anEndpoint('10.1.0.1', { zone: 'a', hints: { forZones: [{ name: 'a' }] } });
    world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [hinted])]);
    world.converge();
    expect(world.member('cluster1').derivedSlices[0]?.endpoints[0]).not.toHaveProperty('hints');
  });

  test('rule 16: a traffic distribution that the consumer does not know is left out there, and reported', () => {
    const world = exporting(aService({ trafficDistribution: 'PreferSameNode' }), {
      trafficDistributions: ['PreferClose'],
    });
    const { derivedService } = world.member('cluster2');
    expect(derivedService?.spec).not.toHaveProperty('trafficDistribution');
    expect(ready(world.member('cluster2'))).toMatchObject({ status: 'True', reason: 'Ready' });
    expect(ready(world.member('cluster2'))?.message).toContain('"PreferSameNode" is left out');
    expect(world.member('cluster1').derivedService?.spec.trafficDistribution).toBe('PreferSameNode');
  });

  test('rule 17: endpoints outside the declared CIDRs are set aside, one by one, and reported at their source', () => {
    const world = new World();
    const cluster1 = world.member('cluster1', { cidrs: ['10.1.0.0/16', '192.168.7.0/24'] });
    cluster1.export(anExport(), aService(), [
      aSlice('web-1', [anEndpoint('10.1.0.1'), anEndpoint('10.2.0.1'), anEndpoint('192.168.7.9')]),
      aSlice('web-2', [anEndpoint('10.1.0.2')]),
    ]);
    world.member('cluster2');
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2', '192.168.7.9']);
    const accepted = () => condition(cluster1, 'exported', 'catamaran.dev/EndpointsAccepted');
    expect(accepted()).toMatchObject({ status: 'False', reason: 'AddressRefused' });
    expect(accepted()?.message).toContain('EndpointSlice "web-1": 10.2.0.1 is outside');
    cluster1.set({ cidrs: ['10.0.0.0/8', '192.168.7.0/24'] });
    world.converge();
    expect(accepted()).toBeUndefined();
    expect(world.member('cluster2').addresses).toContain('10.2.0.1');
  });

  test('rule 18: everything derived is owned by the import, and a stale owner is a change', () => {
    const world = exporting();
    const cluster2 = world.member('cluster2');
    const owners = () =>
      [cluster2.derivedService, ...cluster2.derivedSlices].map((object) => object?.metadata.ownerReferences?.[0]);
    const owner = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: NAME, controller: false };
    const expected = () => Array(3).fill({ ...owner, uid: cluster2.imported?.metadata.uid });
    expect(owners()).toEqual(expected());
    for (const resource of ['services', 'endpointSlices'] as const) {
      for (const object of cluster2.api.list(resource)) {
        const metadata = Object(object.metadata);
        cluster2.api.put(resource, {
          ...object,
          metadata: { ...metadata, ownerReferences: [{ ...owner, uid: 'gone' }] },
        });
      }
    }
    world.converge();
    expect(owners()).toEqual(expected());
  });

  test('rule 18: what the garbage collector took is made again', () => {
    const world = exporting();
    const cluster2 = world.member('cluster2');
    cluster2.api.remove('serviceImports', NAME);
    expect(cluster2.derivedService).toBeUndefined();
    world.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(ready(cluster2)?.status).toBe('True');
  });

  test('rule 19: an absent ready means ready, and conditions travel as they are', () => {
    const world = new World();
    const conditions = { ready: true, serving: false, terminating: true };
    world
      .member('cluster1')
      .export(anExport(), aService(), [
        aSlice('web-1', [{ addresses: ['10.1.0.1'] }, { addresses: ['10.1.0.2'], conditions }]),
      ]);
    world.converge();
    const [slice] = world.member('cluster1').derivedSlices;
    expect(slice?.endpoints.map((endpoint) => endpoint.conditions)).toEqual([{}, conditions]);
    expect(world.view('cluster1').consumer.derivedSlices[0]?.ready).toBe(2);
  });
});

describe('knowledge', () => {
  test('rule 20: a silent source keeps its endpoints, while a known one still moves its own', () => {
    const world = joinedBy(exporting());
    world.member('cluster1').set({ known: false });
    world.member('cluster3').slices = [aSlice('web-9', [anEndpoint('10.3.0.9')])];
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2', '10.3.0.9']);
    expect(condition(world.member('cluster2'), 'imported', 'catamaran.dev/SourcesReachable')).toMatchObject({
      status: 'False',
      reason: 'MemberUnreachable',
      message: 'Cannot reach "cluster1"; its endpoints are kept',
    });
  });

  test('rule 20: merged fields, status.clusters and Conflict stay while a source is unknown', () => {
    const world = joinedBy(
      exporting(),
      aService({ ports: [{ ...HTTP, port: 81 }], trafficDistribution: 'PreferClose' }),
    );
    const state = () => ({
      spec: world.member('cluster2').imported?.spec,
      clusters: world.member('cluster2').imported?.status?.clusters,
      conflict: condition(world.member('cluster3'), 'exported', 'Conflict'),
    });
    const before = state();
    world.member('cluster1').set({ known: false });
    world.converge();
    expect(state()).toEqual(before);
    world.member('cluster3').unexport();
    world.converge();
    expect(world.member('cluster2').imported?.status?.clusters).toEqual(before.clusters);
    world.member('cluster1').set({ known: true });
    world.converge();
    expect(world.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
  });

  test('rule 20: an unknown source that never took part freezes nothing', () => {
    const world = exporting();
    world.member('cluster3', { known: false });
    joinedBy(world, undefined);
    world.member('cluster1').unexport();
    world.converge();
    expect(world.member('cluster2').imported).toBeUndefined();
  });

  test('rule 20: a member that left the fleet is drained', () => {
    const world = joinedBy(exporting());
    world.leave('cluster1');
    world.converge();
    expect(world.member('cluster2').addresses).toEqual(['10.3.0.1']);
  });

  test('rule 21: nothing is planned for a namespace that is going, and all is made again in a new one', () => {
    const world = exporting();
    const cluster2 = world.member('cluster2');
    cluster2.set({ namespace: 'Terminating' });
    cluster2.api.remove('services', DERIVED);
    expect(world.plan('cluster2')).toEqual([]);
    cluster2.api.remove('serviceImports', NAME);
    cluster2.set({ namespace: 'Absent' });
    expect(world.plan('cluster2')).toEqual([]);
    expect(world.member('cluster1').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    cluster2.set({ namespace: 'Active' });
    world.converge();
    expect(ready(cluster2)?.status).toBe('True');
  });

  test.each([
    ['cluster1', true],
    ['a', true],
    ['0-9', true],
    ['x'.repeat(63), true],
    ['x'.repeat(64), false],
    ['two.labels', false],
    ['Upper', false],
    ['-start', false],
    ['end-', false],
    ['', false],
  ])('rule 22: a member name is a single DNS label: %s', (name, valid) => {
    expect(isDnsLabel(name)).toBe(valid);
  });

  test('rule 23: the last export to go takes the imports with it', () => {
    const world = joinedBy(exporting());
    world.member('cluster1').unexport();
    world.converge();
    expect(world.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster3' }]);
    world.member('cluster3').unexport();
    expect(kinds(world.plan('cluster2'))).toEqual([
      'prune: delete services',
      'prune: delete endpointSlices',
      'prune: delete serviceImports',
    ]);
    expect(world.converge()).toBe(1);
    for (const { imported, derivedService, derivedSlices } of world.members) {
      expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
    }
  });
});
