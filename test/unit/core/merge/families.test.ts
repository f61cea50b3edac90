import { describe, expect, test } from 'vitest';
import { commonFamilies, familiesOf, preferred } from '../../../../src/core/merge/families.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice } from '../../../support/core/objects.ts';
import { exporting, joinedBy, readyOf } from '../../../support/core/scenarios.ts';

describe('families of an import', () => {
  test('rule 7: families are what the exporters share, and what the consumer has of that', () => {
    const dual = aService({ ipFamilies: ['IPv6', 'IPv4'] });
    const fleet = exporting(dual, { ipFamilies: ['IPv4', 'IPv6'] });
    const cluster2 = fleet.member('cluster2');
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    joinedBy(fleet);
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4']);
    expect(cluster2.imported?.spec.ips).toHaveLength(1);
  });

  test('rule 7: an exporter that shares no family is passed over', () => {
    const fleet = joinedBy(exporting(), aService({ ipFamilies: ['IPv6'] }));
    expect(fleet.member('cluster2').imported?.spec.ipFamilies).toEqual(['IPv4']);
  });

  test('rule 7: without a common family the import says so, and no Service is made', () => {
    const fleet = exporting(aService({ ipFamilies: ['IPv6'] }));
    expect(readyOf(fleet.member('cluster2'))).toMatchObject({ status: 'False', reason: 'IPFamilyNotSupported' });
    expect(fleet.member('cluster2').derivedService).toBeUndefined();
  });

  test('rule 7: a headless import has families from the start, and never addresses', () => {
    const fleet = new FleetModel();
    fleet
      .member('cluster1')
      .export(anExport(), aService({ clusterIP: 'None' }), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.pass();
    expect(fleet.member('cluster1').imported?.spec).toMatchObject({ type: 'Headless', ipFamilies: ['IPv4'] });
    fleet.converge();
    expect(fleet.member('cluster1').imported?.spec).not.toHaveProperty('ips');
    expect(readyOf(fleet.member('cluster1'))?.status).toBe('True');
  });
});

describe('families', () => {
  test('of a Service without any rule out nothing', () => {
    const { ipFamilies: _, ...spec } = aService().spec;
    expect(familiesOf({ ...aService(), spec })).toEqual(['IPv4', 'IPv6']);
    expect(familiesOf(aService({ ipFamilies: [] }))).toEqual(['IPv4', 'IPv6']);
  });

  test('are what all have, but for those that have nothing left in common', () => {
    expect(commonFamilies([['IPv6', 'IPv4'], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6']])).toEqual(['IPv4']);
    expect(commonFamilies([])).toEqual([]);
  });

  test('are preferred as far as they are possible', () => {
    expect(preferred(['IPv6', 'IPv4'], ['IPv4', 'IPv6'])).toEqual(['IPv6', 'IPv4']);
    expect(preferred(['IPv6', 'IPv6'], ['IPv4', 'IPv6'])).toEqual(['IPv6']);
    expect(preferred(['IPv6'], ['IPv4'])).toEqual(['IPv4']);
    expect(preferred(undefined, ['IPv4'])).toEqual(['IPv4']);
  });
});
