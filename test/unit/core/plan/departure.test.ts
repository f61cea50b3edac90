import { expect, test } from 'vitest';
import type { Condition } from '../../../../src/api/meta.ts';
import { MCS_API_VERSION, type ServiceImport } from '../../../../src/api/multicluster.ts';
import { departure } from '../../../../src/core/plan/departure.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  anImport,
  aService,
  aSlice,
  DERIVED,
  NAMESPACE,
  NOW,
} from '../../../support/core/objects.ts';
import { aConsumer } from '../../../support/core/sources.ts';

function leave(fleet: FleetModel, name: string): void {
  const member = fleet.member(name);
  for (let passes = 0; passes < 5; passes++) {
    const changes = departure(fleet.consumer(name), member.exported);
    if (changes.length === 0) return;
    member.api.apply(changes);
  }
  throw new Error('no end after 5 passes');
}

function aFleet(): FleetModel {
  const fleet = new FleetModel();
  fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
  return fleet;
}

test('rule 46: a member that leaves loses all that we made', () => {
  const fleet = aFleet();
  fleet.member('cluster2');
  fleet.converge();
  leave(fleet, 'cluster2');
  const { imported, derivedService, derivedSlices } = fleet.member('cluster2');
  expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
});

test('rule 46: its exports lose our conditions, and keep those of others', () => {
  const fleet = aFleet();
  fleet.converge();
  const { api } = fleet.member('cluster1');
  const object = api.get('serviceExports', 'web');
  const foreign = { type: 'example.com/Foreign', status: 'True', reason: 'R', message: '', lastTransitionTime: 't' };
  api.put('serviceExports', { ...object, status: { conditions: [...Object(object?.status).conditions, foreign] } });
  leave(fleet, 'cluster1');
  expect(fleet.member('cluster1').exported?.status?.conditions).toEqual([foreign]);
});

test('an export that has only our conditions ends up with none', () => {
  const fleet = aFleet();
  fleet.converge();
  leave(fleet, 'cluster1');
  expect(fleet.member('cluster1').exported?.status?.conditions).toBeUndefined();
});

test('rule 46: an import of a user stays, without what we filled in', () => {
  const fleet = aFleet();
  const cluster2 = fleet.member('cluster2').import(anImport());
  fleet.converge();
  leave(fleet, 'cluster2');
  expect(cluster2.imported?.spec).toEqual(anImport().spec);
  expect(cluster2.imported?.status?.conditions).toBeUndefined();
  expect(cluster2.imported?.status?.clusters).toBeUndefined();
  expect(cluster2.derivedService).toBeUndefined();
});

test('families that its user asked for stay', () => {
  const fleet = aFleet();
  const cluster2 = fleet.member('cluster2').import(anImport({ ipFamilies: ['IPv4'] }));
  fleet.converge();
  leave(fleet, 'cluster2');
  expect(cluster2.imported?.spec).toEqual(anImport({ ipFamilies: ['IPv4'] }).spec);
});

test("a user's Service at the derived name stays", () => {
  const fleet = aFleet();
  const { api } = fleet.member('cluster2');
  api.put('services', { metadata: { name: DERIVED, namespace: NAMESPACE }, spec: { ports: [{ port: 1 }] } });
  fleet.converge();
  leave(fleet, 'cluster2');
  expect(api.get('services', DERIVED)).toBeDefined();
});

const WHY = 'the member left the fleet';

/** A change of an object that was seen with this UID in version 7. */
const change = (resource: string, name: string, uid: string, more: object) => ({
  member: 'cluster2',
  resource,
  namespace: NAMESPACE,
  name,
  stage: 'prune',
  why: WHY,
  precondition: { uid, resourceVersion: '7' },
  ...more,
});
const seen = (uid: string) => ({ uid, resourceVersion: '7' });

test('rule 46: all that is derived is deleted, and an automatic import', () => {
  const slice = { name: 'amcs-web-1', ...seen('slice'), source: 'cluster1', body: '', meta: '', ready: 1 };
  const ours = {
    labels: { 'catamaran.dev/derived-from': 'web', 'app.kubernetes.io/managed-by': 'catamaran.dev' },
    ownerReferences: [{ apiVersion: MCS_API_VERSION, kind: 'ServiceImport', name: 'web', uid: 'import' }],
  };
  const consumer = aConsumer({
    derivedSlices: [slice],
    derivedService: aService({}, { name: DERIVED, ...seen('service'), ...ours }),
    outdatedServices: [aService({}, { name: 'mc-web', ...seen('outdated') })],
    import: anImport({}, { ...seen('import'), labels: { 'catamaran.dev/import-origin': 'automatic' } }),
  });
  expect(departure(consumer, undefined)).toStrictEqual([
    change('endpointSlices', 'amcs-web-1', 'slice', { op: 'delete' }),
    change('services', DERIVED, 'service', { op: 'delete' }),
    change('services', 'mc-web', 'outdated', { op: 'delete' }),
    change('serviceImports', 'web', 'import', { op: 'delete' }),
  ]);
  const other = aService({}, { name: DERIVED, ...ours, labels: { 'catamaran.dev/derived-from': 'other' } });
  expect(departure(aConsumer({ derivedService: other }), undefined)).toEqual([]);
  expect(departure(aConsumer(), undefined)).toEqual([]);
});

test('rule 46: what was filled in of an import goes before its status', () => {
  const filledIn = {
    managedFields: [{ manager: 'catamaran', operation: 'Update', fieldsV1: { 'f:spec': { 'f:ipFamilies': {} } } }],
  };
  const leave = (imported: ServiceImport) => departure(aConsumer({ import: imported }), undefined);
  const patch = (patch: object) => change('serviceImports', 'web', 'import', { op: 'patch', patch });
  const families = { ipFamilies: ['IPv4'] } as const;
  const addresses = { ips: ['10.0.0.1'] };

  expect(leave(anImport({ ...families, ...addresses }, { ...seen('import'), ...filledIn }))).toStrictEqual([
    patch({ spec: { ips: null, ipFamilies: null } }),
  ]);
  expect(leave(anImport(families, { ...seen('import'), ...filledIn }))).toStrictEqual([
    patch({ spec: { ips: null, ipFamilies: null } }),
  ]);
  expect(leave(anImport({ ...families, ...addresses }, seen('import')))).toStrictEqual([
    patch({ spec: { ips: null } }),
  ]);
  expect(leave(anImport({ ...families, ips: [] }, seen('import')))).toEqual([]);
  expect(leave(anImport({}, { ...seen('import'), ...filledIn }))).toEqual([]);
});

test('rule 46: what was said in a status goes, and nothing else', () => {
  const condition = (type: string): Condition => ({
    type,
    status: 'True',
    reason: 'R',
    message: '',
    lastTransitionTime: NOW,
  });
  const foreign = condition('example.com/Foreign');
  const status = (conditions: readonly Condition[] | null) =>
    change('serviceImports', 'web', 'import', {
      op: 'patch',
      subresource: 'status',
      stage: 'status',
      patch: { status: { clusters: null, endpointSliceObjects: null, conditions } },
    });
  const leave = (given: NonNullable<ServiceImport['status']>) =>
    departure(aConsumer({ import: { ...anImport({}, seen('import')), status: given } }), undefined);

  for (const type of ['Ready', 'catamaran.dev/SourcesReachable']) {
    expect(leave({ conditions: [condition(type), foreign] })).toStrictEqual([status([foreign])]);
  }
  expect(leave({ conditions: [condition('Ready')] })).toStrictEqual([status(null)]);
  expect(leave({ clusters: [{ cluster: 'cluster1' }] })).toStrictEqual([status(null)]);
  expect(leave({ endpointSliceObjects: 'Present', conditions: [foreign] })).toStrictEqual([status([foreign])]);
  expect(leave({ conditions: [foreign] })).toEqual([]);
  expect(leave({})).toEqual([]);

  const leaveExport = (conditions: readonly Condition[]) =>
    departure(aConsumer(), {
      ...anExport(),
      metadata: { ...anExport().metadata, ...seen('e') },
      status: { conditions },
    });
  for (const type of ['Valid', 'Ready', 'Conflict', 'catamaran.dev/EndpointsAccepted']) {
    expect(leaveExport([foreign, condition(type)])).toStrictEqual([
      change('serviceExports', 'web', 'e', {
        op: 'patch',
        subresource: 'status',
        stage: 'status',
        patch: { status: { conditions: [foreign] } },
      }),
    ]);
  }
  expect(leaveExport([condition('Valid')])).toMatchObject([{ patch: { status: { conditions: null } } }]);
  expect(leaveExport([foreign])).toEqual([]);
  expect(departure(aConsumer(), anExport())).toEqual([]);
});

test.each([undefined, {}])(
  'an import that another implementation manages is not written if it has no condition: status %j',
  (status) => {
    const managedFields = [{ manager: 'x', operation: 'Update', fieldsV1: { 'f:status': { 'f:clusters': {} } } }];
    const imported = { ...anImport({}, { ...seen('i'), managedFields }), ...(status && { status }) };
    expect(departure({ ...aConsumer(), import: imported }, undefined)).toEqual([]);
  },
);
