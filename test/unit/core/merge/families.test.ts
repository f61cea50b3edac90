import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import type { ServiceImport } from '../../../../src/api/multicluster.ts';
import { areFilledIn, familiesOf, keepingPrimary, preferred } from '../../../../src/core/merge/families.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice } from '../../../support/core/objects.ts';
import { conditionOf, exporting, joinedBy, readyOf } from '../../../support/core/scenarios.ts';

describe('families of an import', () => {
  test('rule 7: families are those of the first export, and a later one that lacks one takes none away', () => {
    const dual = aService({ ipFamilies: ['IPv6', 'IPv4'] });
    const fleet = exporting(dual, { ipFamilies: ['IPv4', 'IPv6'] });
    const cluster2 = fleet.member('cluster2');
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    joinedBy(fleet);
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(cluster2.imported?.spec.ips).toHaveLength(2);
    for (const name of ['cluster1', 'cluster3']) {
      expect(conditionOf(fleet.member(name), 'exported', 'Conflict')).toMatchObject({
        status: 'True',
        reason: 'IPFamilyConflict',
        message: expect.stringContaining(
          '"cluster1" has IPv4, IPv6 and wins as the oldest export; "cluster3" has IPv4',
        ),
      });
    }
  });

  test('rule 7: a family that only a later export has is no conflict, and not served', () => {
    const fleet = joinedBy(
      exporting(aService(), { ipFamilies: ['IPv4', 'IPv6'] }),
      aService({ ipFamilies: ['IPv6', 'IPv4'] }),
    );
    expect(fleet.member('cluster2').imported?.spec.ipFamilies).toEqual(['IPv4']);
    expect(conditionOf(fleet.member('cluster3'), 'exported', 'Conflict')?.status).toBe('False');
  });

  test('rule 7: a later export without any family of the first one is served in none', () => {
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

  test('are preferred as far as they are possible', () => {
    expect(preferred(['IPv6', 'IPv4'], ['IPv4', 'IPv6'])).toEqual(['IPv6', 'IPv4']);
    expect(preferred(['IPv6', 'IPv6'], ['IPv4', 'IPv6'])).toEqual(['IPv6']);
    expect(preferred(['IPv6'], ['IPv4'])).toEqual(['IPv4']);
    expect(preferred(undefined, ['IPv4'])).toEqual(['IPv4']);
  });

  test('keep the primary one of a virtual Service, if it is still possible', () => {
    const dual = ['IPv4', 'IPv6'] as const;
    expect(keepingPrimary(aService({ ipFamilies: ['IPv6'] }), dual)).toEqual(['IPv6', 'IPv4']);
    expect(keepingPrimary(aService({ ipFamilies: ['IPv6'] }), ['IPv4'])).toEqual(['IPv4']);
    expect(keepingPrimary(aService({ ipFamilies: ['IPv6'], clusterIP: 'None' }), dual)).toEqual(dual);
    expect(keepingPrimary(undefined, dual)).toEqual(dual);
    const { ipFamilies: _, ...spec } = aService().spec;
    expect(keepingPrimary({ ...aService(), spec }, dual)).toEqual(dual);
  });
});

describe('families that were filled in', () => {
  const families = { 'f:spec': { 'f:ipFamilies': {} } };
  const ours = { manager: 'catamaran', operation: 'Update', fieldsV1: families };
  const managedBy = (...managedFields: NonNullable<ServiceImport['metadata']['managedFields']>) =>
    areFilledIn(anImport({}, { managedFields }));

  test('are those that only Catamaran set', () => {
    expect(managedBy(ours)).toBe(true);
    expect(managedBy(ours, { ...ours, manager: 'kubectl-edit' })).toBe(false);
    expect(managedBy({ ...ours, manager: 'kubectl-edit' })).toBe(false);
    expect(managedBy({ ...ours, operation: 'Apply' })).toBe(false);
  });

  test('are none if nobody is noted', () => {
    expect(managedBy()).toBe(false);
    expect(areFilledIn(anImport())).toBe(false);
  });

  test.each<JsonObject | undefined>([
    undefined,
    {},
    { 'f:spec': null },
    { 'f:spec': 'f:ipFamilies' },
    { 'f:spec': { 'f:ips': {} } },
    { 'f:ipFamilies': {} },
  ])('do not depend on who set other fields: %j', (fieldsV1) => {
    const other = { manager: 'kubectl-edit', operation: 'Update', ...(fieldsV1 !== undefined && { fieldsV1 }) };
    expect(managedBy(other)).toBe(false);
    expect(managedBy(ours, other)).toBe(true);
  });
});
