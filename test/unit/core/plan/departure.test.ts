import { expect, test } from 'vitest';
import { departure } from '../../../../src/core/plan/departure.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, DERIVED, NAMESPACE } from '../../../support/core/objects.ts';

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
