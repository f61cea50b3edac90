import { describe, expect, test } from 'vitest';
import { SERVICE_NAME } from '../../../../src/api/labels.ts';
import type { Condition, KubeObject } from '../../../../src/api/meta.ts';
import type { Change } from '../../../../src/core/change.ts';
import { desired } from '../../../../src/core/desired/desired.ts';
import { merge } from '../../../../src/core/merge/merge.ts';
import { plan } from '../../../../src/core/plan/plan.ts';
import type { ConsumerView, DerivedSlice } from '../../../../src/core/view.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
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
} from '../../../support/core/objects.ts';
import { ADMIN, asking, exporting, joinedBy, readyOf, summaries } from '../../../support/core/scenarios.ts';
import { aConsumer, aSource } from '../../../support/core/sources.ts';

describe('a plan', () => {
  test('rule 18: everything derived is owned by the import, and a stale owner is a change', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
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
    fleet.converge();
    expect(owners()).toEqual(expected());
  });

  test('rule 18: what the garbage collector took is made again', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    cluster2.api.remove('serviceImports', NAME);
    expect(cluster2.derivedService).toBeUndefined();
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(readyOf(cluster2)?.status).toBe('True');
  });

  test('rule 23: the last export to go takes the imports with it', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(fleet.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster3' }]);
    fleet.member('cluster3').unexport();
    expect(summaries(fleet.plan('cluster2'))).toEqual([
      'prune: delete services',
      'prune: delete endpointSlices',
      'prune: delete serviceImports',
    ]);
    expect(fleet.converge()).toBe(1);
    for (const { imported, derivedService, derivedSlices } of fleet.members) {
      expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
    }
  });
});

/** A plan for a consumer of which something is otherwise than in the model. */
function planned(fleet: FleetModel, more: Partial<ConsumerView>): readonly Change[] {
  const consumer = { ...fleet.consumer('cluster2'), ...more };
  return plan(consumer, desired(fleet.clusterset(), consumer), NOW);
}

function going<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: NOW } };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

const versionOf = ({ metadata: { uid, resourceVersion } }: KubeObject) => ({ uid, resourceVersion });

describe('what is deleted', () => {
  const old = aService({}, { name: 'mc-web', uid: 'old', resourceVersion: '7' });
  const outdated = {
    member: 'cluster2',
    resource: 'services',
    namespace: NAMESPACE,
    name: 'mc-web',
    stage: 'prune',
    op: 'delete',
    why: 'the prefix of derived Services changed',
    precondition: { uid: 'old', resourceVersion: '7' },
  };

  test('are Services from before the prefix changed, unless they go already', () => {
    const fleet = exporting();
    expect(planned(fleet, { outdatedServices: [old] })).toEqual([outdated]);
    expect(planned(fleet, { outdatedServices: [going(old)] })).toEqual([]);
    fleet.member('cluster1').unexport();
    expect(planned(fleet, { outdatedServices: [old] })).toContainEqual(outdated);
    expect(planned(fleet, { outdatedServices: [going(old)] })).toHaveLength(4);
  });

  test('is no slice of such a Service while another implementation manages the import', () => {
    const fleet = exporting();
    const imported = known(fleet.member('cluster2').imported);
    const managedFields = [{ manager: 'lighthouse', fieldsV1: { 'f:status': { 'f:clusters': {} } } }];
    const managed = { ...imported, metadata: { ...imported.metadata, managedFields } };
    const changesWith = (outdatedServices: NonNullable<ConsumerView['outdatedServices']>) =>
      summaries(planned(fleet, { import: managed, outdatedServices, derivedSlices: [] }));
    expect(changesWith([old])).toEqual(['status: patch serviceImports']);
    expect(changesWith([])).toEqual([...Array(2).fill('slice: create endpointSlices'), 'status: patch serviceImports']);
  });

  test('is all that is derived, each object in the version that was seen, if nothing is exported', () => {
    const fleet = exporting();
    const { imported, derivedService, derivedSlices } = fleet.member('cluster2');
    fleet.member('cluster1').unexport();
    const [first, second] = derivedSlices.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const deletion = (resource: string, object: KubeObject | undefined) => ({
      member: 'cluster2',
      resource,
      namespace: NAMESPACE,
      name: object?.metadata.name,
      stage: 'prune',
      op: 'delete',
      why: 'nothing is exported',
      precondition: versionOf(known(object)),
    });
    expect(fleet.plan('cluster2')).toEqual([
      deletion('services', derivedService),
      { ...deletion('endpointSlices', first), source: 'cluster1' },
      { ...deletion('endpointSlices', second), source: 'cluster1' },
      deletion('serviceImports', imported),
    ]);
  });

  test('is nothing that goes already', () => {
    const fleet = exporting();
    const { imported, derivedService } = fleet.member('cluster2');
    fleet.member('cluster1').unexport();
    const left = planned(fleet, { import: going(known(imported)), derivedService: going(known(derivedService)) });
    expect(summaries(left)).toEqual([
      'import: patch serviceImports',
      'prune: delete endpointSlices',
      'prune: delete endpointSlices',
    ]);
  });

  test('is not the import of a user', () => {
    const fleet = asking();
    const left = planned(fleet, { import: going(known(fleet.member('cluster2').imported)) });
    expect(summaries(left)).toEqual([
      'import: patch serviceImports',
      'prune: delete services',
      'prune: delete endpointSlices',
    ]);
  });
});

describe('what waits', () => {
  test('is everything but the status of the export, while the import or its Service cannot be read', () => {
    const clusterset = merge([aSource({ member: 'cluster2' })]);
    const consumer = aConsumer({ unreadable: true });
    expect(plan(consumer, desired(clusterset, consumer), NOW).map(({ resource }) => resource)).toEqual([
      'serviceExports',
    ]);
  });

  test('is a Service that is being deleted, even if it differs', () => {
    const fleet = exporting();
    const own = known(fleet.member('cluster2').derivedService);
    const derivedService = going({ ...own, spec: { ...own.spec, internalTrafficPolicy: 'Local' as const } });
    expect(summaries(planned(fleet, { derivedService }))).toEqual(['status: patch serviceImports']);
  });

  test('is what the import will own, until the import is there', () => {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService());
    expect(summaries(fleet.plan('cluster1'))).toEqual([
      'import: create serviceImports',
      'status: patch serviceExports',
    ]);
  });

  test('is a status that only says that this plan is not done, unless the import was ready', () => {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    const cluster2 = fleet.member('cluster2');
    fleet.pass();
    expect(summaries(fleet.plan('cluster2'))).toEqual(['service: create services', 'slice: create endpointSlices']);
    fleet.converge();
    cluster2.api.remove('services', DERIVED);
    expect(summaries(fleet.plan('cluster2'))).toEqual(['service: create services', 'status: patch serviceImports']);
  });

  /** What is planned beside the exporter, for an import that has these conditions. */
  function plannedWith(fleet: FleetModel, conditions: readonly Condition[], more: Partial<ConsumerView> = {}) {
    const { status: _, ...bare } = known(fleet.member('cluster2').imported);
    const changes = planned(fleet, { ...more, import: { ...bare, status: { conditions } } });
    return summaries(changes).filter((each) => !each.includes('endpointSlices'));
  }

  const condition = (type: string, status: 'True' | 'False'): Condition => ({
    type,
    status,
    reason: 'R',
    message: '',
    lastTransitionTime: NOW,
  });

  test('is so for any import that was not ready, whatever else it has', () => {
    const fleet = exporting();
    fleet.member('cluster2').api.remove('services', DERIVED);
    const CREATE = ['service: create services'];
    expect(plannedWith(fleet, [condition('Ready', 'True')])).toEqual([...CREATE, 'status: patch serviceImports']);
    expect(plannedWith(fleet, [condition('Ready', 'False')])).toEqual(CREATE);
    expect(plannedWith(fleet, [condition('Other', 'True')])).toEqual(CREATE);
    const outdatedServices = [aService({}, { name: 'mc-web' })];
    expect(plannedWith(fleet, [], { outdatedServices })).toEqual([...CREATE, 'prune: delete services']);
    fleet.member('cluster1').set({ reachable: false });
    expect(plannedWith(fleet, [])).toEqual(CREATE);
  });

  test('is not a status if nothing is created', () => {
    const fleet = exporting();
    const own = known(fleet.member('cluster2').derivedService);
    const derivedService = { ...own, spec: { ...own.spec, clusterIP: 'None' } };
    expect(plannedWith(fleet, [], { derivedService })).toEqual([
      'service: delete services',
      'status: patch serviceImports',
    ]);
  });

  test('is a Service whose import asks for another type, whatever its labels', () => {
    const fleet = asking();
    const { import: imported } = fleet.consumer('cluster2');
    const own = known(fleet.member('cluster2').derivedService);
    const labels = { ...own.metadata.labels, 'service.kubernetes.io/headless': '' };
    const changes = planned(fleet, {
      import: { ...known(imported), spec: { ...known(imported).spec, type: 'Headless' } },
      derivedService: { ...own, metadata: { ...own.metadata, labels } },
    });
    expect(summaries(changes)).toEqual(['status: patch serviceImports']);
  });

  test('is the status of an import that is written in the same plan', () => {
    const fleet = exporting();
    fleet.member('cluster1').export(anExport(), aService({ ports: [{ ...HTTP, port: 81 }] }));
    expect(summaries(fleet.plan('cluster2'))).toEqual([
      'import: patch serviceImports',
      'service: patch services',
      'prune: delete endpointSlices',
      'prune: delete endpointSlices',
    ]);
  });

  test('is everything in a consumer that is not known', () => {
    expect(plan(aConsumer(), undefined, NOW)).toEqual([]);
  });
});

describe('a derived Service that is created again', () => {
  function specWith(more: Partial<ConsumerView>) {
    const fleet = exporting();
    const { derivedService: _, ...consumer } = fleet.consumer('cluster2');
    const changes = plan({ ...consumer, ...more }, desired(fleet.clusterset(), { ...consumer, ...more }), NOW);
    const [created] = changes.filter(({ op, resource }) => op === 'create' && resource === 'services');
    return created?.op === 'create' ? created.object.spec : undefined;
  }
  const lastAddresses = ['10.96.0.9'];

  test('rule 10: asks for the addresses of its predecessor', () => {
    expect(specWith({})).not.toHaveProperty('clusterIP');
    expect(specWith({ lastAddresses })).toMatchObject({ clusterIP: '10.96.0.9', clusterIPs: lastAddresses });
  });

  test('rule 10: asks for none if they were refused, and still does after another refusal', () => {
    const taken = 'Service "amcs-web" is invalid: spec.clusterIPs: Invalid value: provided IP is already allocated';
    expect(specWith({ lastAddresses, refusal: taken })).not.toHaveProperty('clusterIP');
    expect(specWith({ lastAddresses, refusal: 'exceeded quota: services' })).toMatchObject({ clusterIP: '10.96.0.9' });
  });
});

describe('why', () => {
  test.each<[string, () => FleetModel, Partial<ConsumerView>, string]>([
    ['an automatic import', exporting, {}, 'the exports or its addresses changed'],
    ['the import of a user', asking, {}, 'its addresses changed'],
  ])('%s is written', (_, start, more, why) => {
    const fleet = start();
    const imported = known(fleet.member('cluster2').imported);
    const { ips: _ips, ...spec } = imported.spec;
    const [change] = planned(fleet, { ...more, import: { ...imported, spec } });
    expect(change).toMatchObject({
      resource: 'serviceImports',
      stage: 'import',
      why,
      precondition: versionOf(imported),
    });
  });

  test('addresses that another client set are overwritten, in an Event', () => {
    const fleet = exporting();
    const imported = known(fleet.member('cluster2').imported);
    const spec = { ...imported.spec, ips: ['192.0.2.1'] };
    const noticesWith = (managedFields: NonNullable<KubeObject['metadata']['managedFields']>) =>
      planned(fleet, { import: { ...imported, metadata: { ...imported.metadata, managedFields }, spec } })[0];
    const foreign = { manager: 'argocd', fieldsV1: { 'f:spec': { 'f:ips': {} } } };
    expect(noticesWith([foreign])?.notices).toMatchObject([{ reason: 'AddressesOverwritten' }]);
    expect(noticesWith([])).not.toHaveProperty('notices');
  });

  test('rule 32: names of ports change after the slices, unless the Service is headless', () => {
    for (const [clusterIP, stage] of [
      ['10.0.0.1', 'rename'],
      ['None', 'service'],
    ] as const) {
      const fleet = exporting(aService({ clusterIP }));
      const own = known(fleet.member('cluster2').derivedService);
      const derivedService = { ...own, spec: { ...own.spec, ports: [{ ...HTTP, name: 'web' }] } };
      const changes = planned(fleet, { derivedService }).filter(({ resource }) => resource === 'services');
      expect(changes).toMatchObject([{ op: 'patch', stage }]);
    }
  });

  test('a Service is replaced or patched', () => {
    const fleet = exporting();
    const own = known(fleet.member('cluster2').derivedService);
    const headless = { ...own, spec: { ...own.spec, clusterIP: 'None' } };
    expect(planned(fleet, { derivedService: headless })).toContainEqual({
      member: 'cluster2',
      resource: 'services',
      namespace: NAMESPACE,
      name: DERIVED,
      stage: 'service',
      op: 'delete',
      why: 'its cluster IP type or primary family changes, which needs a new Service',
      precondition: versionOf(own),
    });
    const local = { ...own, spec: { ...own.spec, internalTrafficPolicy: 'Local' as const } };
    expect(planned(fleet, { derivedService: local })).toEqual([
      {
        member: 'cluster2',
        resource: 'services',
        namespace: NAMESPACE,
        name: DERIVED,
        stage: 'service',
        op: 'patch',
        why: 'it differs from the import',
        precondition: versionOf(own),
        patch: { spec: { internalTrafficPolicy: 'Cluster' } },
      },
    ]);
  });

  test('a status is written, and who is told of a recovery', () => {
    const fleet = asking({ ports: [HTTP, ADMIN] });
    fleet.member('cluster1').export(anExport(), aService({ ports: [HTTP, ADMIN] }), fleet.member('cluster1').slices);
    expect(fleet.plan('cluster2').filter(({ stage }) => stage === 'status')).toMatchObject([
      {
        resource: 'serviceImports',
        stage: 'status',
        subresource: 'status',
        why: 'its status changed',
        notices: [{ type: 'Normal', reason: 'Imported', message: 'The import is up to date' }],
      },
    ]);
  });

  test('the status of an import whose exporter cannot be reached is written without an Event', () => {
    const fleet = exporting();
    fleet.member('cluster1').set({ reachable: false });
    const [change, ...others] = fleet.plan('cluster2');
    expect(others).toEqual([]);
    expect(change).toMatchObject({ resource: 'serviceImports', stage: 'status' });
    expect(change).not.toHaveProperty('notices');
  });

  test('the status of an export is written, and who is told of a recovery', () => {
    const fleet = exporting();
    const { api } = fleet.member('cluster1').export(anExport(), undefined);
    const [invalid] = fleet.plan('cluster1').filter(({ resource }) => resource === 'serviceExports');
    expect(invalid?.notices?.map(({ reason }) => reason)).toEqual(['NoService']);
    const external = exporting();
    external.member('cluster1').export(anExport(), aService({ type: 'ExternalName' }));
    const [failed] = external.plan('cluster1').filter(({ resource }) => resource === 'serviceExports');
    expect(failed?.notices?.map(({ reason }) => reason)).toEqual(['InvalidServiceType']);
    fleet.converge();
    api.put('services', JSON.parse(JSON.stringify(aService())));
    const [valid] = fleet.plan('cluster1').filter(({ resource }) => resource === 'serviceExports');
    expect(valid).toMatchObject({
      stage: 'status',
      why: 'its status changed',
      notices: [{ type: 'Normal', reason: 'Exported', message: 'The Service is exported to the clusterset' }],
    });
  });
});

describe('the order', () => {
  const held = (name: string): DerivedSlice => ({
    name,
    uid: name,
    resourceVersion: '1',
    source: 'cluster1',
    body: '',
    meta: '',
    ready: 0,
  });

  test('of one stage is that of the names', () => {
    const derivedSlices = ['c', 'a', 'd', 'b'].map(held);
    const changes = plan(aConsumer({ derivedSlices }), desired(merge([]), aConsumer({ derivedSlices })), NOW);
    expect(changes.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('of one name is import first, then export', () => {
    const fleet = exporting();
    fleet.member('cluster3').export(anExport({}, at(60)), aService({ internalTrafficPolicy: 'Local' }));
    const changes = fleet.plan('cluster1').filter(({ stage }) => stage === 'status');
    expect(changes.map(({ resource, name }) => `${resource} ${name}`)).toEqual([
      'serviceImports web',
      'serviceExports web',
    ]);
  });
});

describe('an object without UID', () => {
  test('owns what is derived as far as it can', () => {
    const { uid: _, ...metadata } = anImport().metadata;
    const consumer = aConsumer({ import: { ...anImport(), metadata } });
    const [created] = plan(consumer, desired(merge([aSource()]), consumer), NOW).filter(({ op }) => op === 'create');
    expect(created).toMatchObject({ object: { metadata: { ownerReferences: [{ name: NAME, uid: '' }] } } });
  });
});

describe('rule 44: a user who edits what is ours', () => {
  test.each<[string, object]>([
    ['ports', { ports: [{ name: 'other', protocol: 'TCP', port: 1 }] }],
    ['a target port', { ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 9999 }] }],
    ['a selector', { selector: { app: 'mine' } }],
    ['type', { type: 'NodePort' }],
    ['publishNotReadyAddresses', { publishNotReadyAddresses: true }],
    ['session affinity', { sessionAffinity: 'ClientIP' }],
    ['traffic', { internalTrafficPolicy: 'Local', trafficDistribution: 'PreferClose' }],
  ])('of the derived Service: %s is repaired in place', (_, spec) => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const before = cluster2.derivedService;
    const object = cluster2.api.get('services', DERIVED);
    cluster2.api.put('services', { ...object, spec: { ...Object(object?.spec), ...spec } });
    fleet.converge();
    expect(cluster2.derivedService?.spec).toEqual(before?.spec);
    expect(cluster2.derivedService?.metadata.uid).toBe(before?.metadata.uid);
  });

  test('of an automatic import: spec and metadata are repaired', () => {
    const fleet = new FleetModel();
    const cluster1 = fleet.member('cluster1').export(anExport({ exportedLabels: { team: 'a' } }), aService());
    fleet.converge();
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
    fleet.converge();
    expect(cluster1.imported?.spec).toEqual({ ...before?.spec, ips: cluster1.derivedService?.spec.clusterIPs });
    expect(cluster1.imported?.metadata.labels).toEqual(before?.metadata.labels);
    expect(cluster1.imported?.metadata.annotations).toEqual(before?.metadata.annotations);
  });

  test('of a derived slice: endpoints, ports and source are repaired', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const [before] = cluster2.derivedSlices;
    const [object] = cluster2.api.list('endpointSlices');
    const metadata = Object(object?.metadata);
    const labels = {
      ...metadata.labels,
      'multicluster.kubernetes.io/source-cluster': 'nobody',
      [SERVICE_NAME]: 'other',
    };
    cluster2.api.put('endpointSlices', { ...object, metadata: { ...metadata, labels }, endpoints: [], ports: [] });
    fleet.converge();
    const [after] = cluster2.derivedSlices;
    expect({ ...after, metadata: 0 }).toEqual({ ...before, metadata: 0 });
    expect(after?.metadata.labels).toEqual(before?.metadata.labels);
  });
});
