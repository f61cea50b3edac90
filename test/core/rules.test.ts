import { expect, test } from 'vitest';
import { anEndpoint, anExport, aService, aSlice } from './objects.ts';
import { World } from './world.ts';

test('an exported Service is served in every cluster that has the namespace', () => {
  const world = new World();
  world.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
  world.member('cluster2');
  expect(world.converge()).toBe(4);
  expect(world.member('cluster2').imported).toMatchObject({ spec: { ips: ['10.96.0.1'], ipFamilies: ['IPv4'] } });
  expect(world.member('cluster2').addresses).toEqual(['10.1.0.1']);
});
