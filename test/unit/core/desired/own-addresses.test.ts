import { describe, expect, test } from 'vitest';
import { rangeSet } from '../../../../src/api/range-map.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice } from '../../../support/core/objects.ts';
import { readyOf } from '../../../support/core/scenarios.ts';
import { ALLOW_ALL } from '../../../support/core/sources.ts';

const NODE = '192.168.2.1';

/** cluster1 exports an address of its own and one of cluster2's node. */
function exportedTo(bounded: boolean) {
  const fleet = new FleetModel();
  const own = rangeSet(['192.168.2.0/24', '10.1.0.0/16']);
  fleet
    .member('cluster1', { policy: { ...ALLOW_ALL, bounded }, ownNetworks: own })
    .export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.9.0.1'), anEndpoint(NODE)])]);
  fleet.member('cluster2', { ownNetworks: rangeSet(['192.168.2.0/24']) });
  fleet.member('cluster3');
  fleet.converge();
  return fleet;
}

describe("addresses of a consumer's own network", () => {
  test('rule 17: are left out there, and only there, if a member may announce any address', () => {
    const fleet = exportedTo(false);
    const [cluster1, cluster2, cluster3] = ['cluster1', 'cluster2', 'cluster3'].map((name) => fleet.member(name));
    expect(cluster2?.addresses).toEqual(['10.9.0.1']);
    expect(cluster2 && readyOf(cluster2)?.message).toContain(
      '1 endpoint of "cluster1" has an address of this cluster\'s own network and is left out',
    );
    for (const other of [cluster1, cluster3]) expect(other?.addresses).toEqual(['10.9.0.1', NODE]);
    expect(fleet.pass()).toBe(0);
  });

  test('rule 17: are not compared if the networks of the member are declared', () => {
    expect(exportedTo(true).member('cluster2').addresses).toEqual(['10.9.0.1', NODE]);
  });
});
