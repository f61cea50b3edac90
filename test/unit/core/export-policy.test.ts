import { describe, expect, test } from 'vitest';
import type { ExportRefusal } from '../../../src/core/export-policy.ts';
import { FleetModel } from '../../support/core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at } from '../../support/core/objects.ts';
import { conditionOf } from '../../support/core/scenarios.ts';
import { ALLOW_ALL } from '../../support/core/sources.ts';

const NOT_ALLOWED: ExportRefusal = { reason: 'NotAllowed', message: 'Member "b" may not export' };

/** Exports with one endpoint each; cluster2 is older, and refused. */
function fleetWith(refusal: ExportRefusal) {
  const fleet = new FleetModel();
  fleet.member('cluster1').export(anExport({}, at(60)), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
  fleet
    .member('cluster2', { policy: { ...ALLOW_ALL, refusal } })
    .export(anExport({}, at(0)), aService({ clusterIP: 'None' }), [aSlice('web-2', [anEndpoint('10.2.0.1')])]);
  fleet.converge();
  return fleet;
}

describe('an export that is not allowed', () => {
  test.each(['NotAllowed', 'LimitReached'] as const)('rule 49: takes no part and is not valid: %s', (reason) => {
    const fleet = fleetWith({ ...NOT_ALLOWED, reason });
    const cluster2 = fleet.member('cluster2');
    for (const { addresses, imported } of fleet.members) {
      expect(addresses).toEqual(['10.1.0.1']);
      expect(imported?.spec.type).toBe('ClusterSetIP');
      expect(imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
    }
    expect(conditionOf(cluster2, 'exported', 'Valid')).toMatchObject({ status: 'False', ...NOT_ALLOWED, reason });
    expect(conditionOf(cluster2, 'exported', 'Ready')).toMatchObject({ status: 'False', reason: 'Failed' });
    expect(conditionOf(cluster2, 'exported', 'Conflict')).toBeUndefined();
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')?.status).toBe('False');
  });

  test('rule 49: a permission that is withdrawn removes what was served, and one that is given restores it', () => {
    const fleet = fleetWith(NOT_ALLOWED);
    const cluster2 = fleet.member('cluster2');
    cluster2.set({ policy: ALLOW_ALL });
    fleet.member('cluster1').set({ policy: { ...ALLOW_ALL, refusal: NOT_ALLOWED } });
    fleet.converge();
    expect(fleet.member('cluster1').addresses).toEqual(['10.2.0.1']);
    cluster2.set({ policy: { ...ALLOW_ALL, refusal: NOT_ALLOWED } });
    fleet.converge();
    expect(fleet.members.map(({ imported }) => imported)).toEqual([undefined, undefined]);
  });

  test("rule 49: a user's import of it names the reason", () => {
    const fleet = new FleetModel();
    fleet.member('cluster1', { policy: { ...ALLOW_ALL, refusal: NOT_ALLOWED } }).export(anExport(), aService());
    fleet.member('cluster2').import(anImport());
    fleet.converge();
    const ready = conditionOf(fleet.member('cluster2'), 'imported', 'Ready');
    expect(ready?.reason).toBe('NotExported');
    expect(ready?.message).toContain(NOT_ALLOWED.message);
  });
});

describe('an import that is not allowed', () => {
  const importRefusal = 'Member "cluster2" may not import';

  function exportedTo(settings: { readonly importRefusal?: string }) {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.member('cluster2', settings);
    return fleet;
  }

  test('rule 49: is not created, and is deleted with everything derived for it', () => {
    const fleet = exportedTo({ importRefusal });
    fleet.converge();
    expect(fleet.member('cluster2').imported).toBeUndefined();
    expect(fleet.member('cluster1').addresses).toEqual(['10.1.0.1']);
    fleet.member('cluster2').set({ importRefusal: undefined });
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1']);
    fleet.member('cluster2').set({ importRefusal });
    fleet.converge();
    const { imported, derivedService, derivedSlices } = fleet.member('cluster2');
    expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
  });

  test('rule 49: serves nothing if a user created it, and its status says why', () => {
    const fleet = exportedTo({});
    const cluster2 = fleet.member('cluster2').import(anImport({ ipFamilies: ['IPv4'] }));
    fleet.converge();
    expect(cluster2.imported?.spec.ips).toHaveLength(1);
    cluster2.set({ importRefusal });
    fleet.converge();
    expect(cluster2.addresses).toEqual([]);
    expect(cluster2.imported?.spec.ips ?? []).toEqual([]);
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4']);
    expect(conditionOf(cluster2, 'imported', 'Ready')).toMatchObject({
      status: 'False',
      reason: 'NotAllowed',
      message: importRefusal,
    });
    cluster2.set({ importRefusal: undefined });
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
  });

  test('rule 49: loses the endpoints of unknown members, too', () => {
    const fleet = exportedTo({});
    const cluster2 = fleet.member('cluster2').import(anImport());
    fleet.converge();
    fleet.member('cluster1').set({ known: false });
    cluster2.set({ importRefusal });
    fleet.converge();
    expect(cluster2.addresses).toEqual([]);
  });
});
