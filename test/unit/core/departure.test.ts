import { expect, test } from 'vitest';
import { departure } from '../../../src/core/plan/departure.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, DERIVED, NAMESPACE } from '../../support/core-objects.ts';
import { World } from '../../support/core-world.ts';

function leave(world: World, name: string): void {
  const member = world.member(name);
  for (let passes = 0; passes < 5; passes++) {
    const changes = departure(world.consumer(name), member.exported);
    if (changes.length === 0) return;
    member.api.apply(changes);
  }
  throw new Error('no end after 5 passes');
}

function aFleet(): World {
  const world = new World();
  world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
  return world;
}

test('a member that leaves loses all that we made', () => {
  const world = aFleet();
  world.member('cluster2');
  world.converge();
  leave(world, 'cluster2');
  const { imported, derivedService, derivedSlices } = world.member('cluster2');
  expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
});

test('its exports lose our conditions, and keep those of others', () => {
  const world = aFleet();
  world.converge();
  const { api } = world.member('cluster1');
  const object = api.get('serviceExports', 'web');
  const foreign = { type: 'example.com/Foreign', status: 'True', reason: 'R', message: '', lastTransitionTime: 't' };
  api.put('serviceExports', { ...object, status: { conditions: [...Object(object?.status).conditions, foreign] } });
  leave(world, 'cluster1');
  expect(world.member('cluster1').exported?.status?.conditions).toEqual([foreign]);
});

test('an export that has only our conditions ends up with none', () => {
  const world = aFleet();
  world.converge();
  leave(world, 'cluster1');
  expect(world.member('cluster1').exported?.status?.conditions).toBeUndefined();
});

test('an import of a user stays, without what we filled in', () => {
  const world = aFleet();
  const cluster2 = world.member('cluster2').import(anImport());
  world.converge();
  leave(world, 'cluster2');
  expect(cluster2.imported?.spec).toEqual(anImport().spec);
  expect(cluster2.imported?.status?.conditions).toBeUndefined();
  expect(cluster2.imported?.status?.clusters).toBeUndefined();
  expect(cluster2.derivedService).toBeUndefined();
});

test('families that its user asked for stay', () => {
  const world = aFleet();
  const cluster2 = world.member('cluster2').import(anImport({ ipFamilies: ['IPv4'] }));
  world.converge();
  leave(world, 'cluster2');
  expect(cluster2.imported?.spec).toEqual(anImport({ ipFamilies: ['IPv4'] }).spec);
});

test("a user's Service at the derived name stays", () => {
  const world = aFleet();
  const { api } = world.member('cluster2');
  api.put('services', { metadata: { name: DERIVED, namespace: NAMESPACE }, spec: { ports: [{ port: 1 }] } });
  world.converge();
  leave(world, 'cluster2');
  expect(api.get('services', DERIVED)).toBeDefined();
});
