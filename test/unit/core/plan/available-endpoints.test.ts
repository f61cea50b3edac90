import { describe, expect, test } from 'vitest';
import { desired } from '../../../../src/core/desired/desired.ts';
import { merge } from '../../../../src/core/merge/merge.ts';
import { plan } from '../../../../src/core/plan/plan.ts';
import type { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at, NOW } from '../../../support/core/objects.ts';
import { asking, conditionOf, exporting, joinedBy, readyOf } from '../../../support/core/scenarios.ts';
import { ALLOW_ALL, aSource } from '../../../support/core/sources.ts';

const unready = (address: string) => anEndpoint(address, { conditions: { ready: false } });

/** Reason and message of the condition of cluster2; undefined without one. */
function unavailable(fleet: FleetModel): string | undefined {
  fleet.converge();
  const condition = conditionOf(fleet.member('cluster2'), 'imported', 'catamaran.dev/EndpointsAvailable');
  return condition && `${condition.status} ${condition.reason}: ${condition.message}`;
}

describe('an import shows whether anything can be reached', () => {
  test('rule 35: with nothing but Ready while it can', () => {
    expect(unavailable(exporting())).toBeUndefined();
    expect(unavailable(exporting(aService({ clusterIP: 'None' })))).toBeUndefined();
  });

  test('rule 35: without endpoints, while none is ready, and no longer when one is', () => {
    const fleet = exporting();
    const cluster1 = fleet.member('cluster1');
    cluster1.slices = [];
    expect(unavailable(fleet)).toBe(
      'False NoEndpoints: Connections to "amcs-web" fail: no endpoint of "cluster1" serves a port of the import',
    );
    expect(readyOf(fleet.member('cluster2'))?.status).toBe('True');
    cluster1.slices = [aSlice('web-1', [unready('10.1.0.1')])];
    expect(unavailable(fleet)).toBe(
      'False NoneReady: Connections to "amcs-web" fail: no endpoint of "cluster1" is ready',
    );
    cluster1.slices = [aSlice('web-1', [unready('10.1.0.1'), anEndpoint('10.1.0.2')])];
    expect(unavailable(fleet)).toBeUndefined();
  });

  test('rule 35: the condition is not written again as endpoints come and go that change nothing of it', () => {
    const fleet = exporting();
    fleet.member('cluster1').slices = [aSlice('web-1', [unready('10.1.0.1')])];
    fleet.converge();
    fleet.member('cluster1').slices = [aSlice('web-1', [unready('10.1.0.1'), unready('10.1.0.2')])];
    expect(fleet.plan('cluster2').map(({ resource }) => resource)).toEqual(['endpointSlices']);
  });

  test('rule 35: while all endpoints are refused, of one family or of both', () => {
    const refused = [aSlice('web-1', [anEndpoint('127.0.0.1')])];
    const fleet = exporting();
    fleet.member('cluster1').slices = refused;
    expect(unavailable(fleet)).toMatch(/^False AddressesRefused: .* all endpoints of "cluster1" are refused; the cond/);
    const dual = exporting(aService({ ipFamilies: ['IPv4', 'IPv6'] }), { ipFamilies: ['IPv4', 'IPv6'] });
    dual.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-2', [anEndpoint('fe80::1')], undefined, 'IPv6'),
    ];
    expect(unavailable(dual)).toMatch(/^False AddressesRefused: .* fail: IPv6: all endpoints/);
  });

  test('rule 35: while each family has another reason, the gravest first', () => {
    const dual = exporting(aService({ ipFamilies: ['IPv4', 'IPv6'] }), { ipFamilies: ['IPv4', 'IPv6'] });
    dual.member('cluster1').slices = [
      aSlice('web-1', [unready('10.1.0.1')]),
      aSlice('web-2', [anEndpoint('fe80::1')], undefined, 'IPv6'),
    ];
    expect(unavailable(dual)).toMatch(
      /^False AddressesRefused: .* fail: IPv6: all endpoints of "cluster1" .*; IPv4: no endpoint of "cluster1" is ready$/,
    );
    dual.member('cluster1').slices = [aSlice('web-1', [anEndpoint('127.0.0.1')])];
    expect(unavailable(dual)).toMatch(/fail: IPv4: all endpoints .*; IPv6: no endpoint of "cluster1" serves a port/);
  });

  test('rule 35: while all endpoints are host names, or in slices that are not allowed or do not fit', () => {
    const fleet = exporting();
    const cluster1 = fleet.member('cluster1');
    cluster1.slices = [aSlice('web-1', [anEndpoint('example.com')], undefined, 'FQDN')];
    expect(unavailable(fleet)).toMatch(/^False AddressesRefused: /);
    cluster1.slices = [aSlice('web-1', [anEndpoint('10.1.0.1')])];
    cluster1.set({ policy: { ...ALLOW_ALL, slices: 'Managed' } });
    expect(unavailable(fleet)).toMatch(/^False AddressesRefused: /);
    cluster1.set({ policy: ALLOW_ALL });
    cluster1.slices = [];
    expect(unavailable(fleet)).toMatch(/^False NoEndpoints: /);
    const consumer = fleet.consumer('cluster2');
    const setAside = [
      { resource: 'endpointSlices', name: 'web-1', field: 'endpoints', problem: 'is no list' },
    ] as const;
    const source = { ...aSource(), setAside };
    const changes = plan(consumer, desired(merge([source]), consumer), NOW);
    expect(JSON.stringify(changes)).toContain('"reason":"AddressesRefused"');
  });

  test('rule 35: while those of one exporter are refused, and another one has none', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').slices = [];
    fleet.member('cluster3').slices = [aSlice('web-1', [anEndpoint('127.0.0.1')])];
    expect(unavailable(fleet)).toMatch(/^False AddressesRefused: /);
  });

  test('rule 35: names the exporters in order of their names', () => {
    const fleet = exporting();
    fleet.member('cluster0').export(anExport({}, at(60)), aService());
    fleet.member('cluster1').slices = [];
    expect(unavailable(fleet)).toContain('no endpoint of "cluster0", "cluster1" serves');
    expect(fleet.member('cluster2').imported?.status?.clusters?.[0]).toEqual({ cluster: 'cluster1' });
  });

  test('rule 35: while those that are kept of an unknown member are not ready', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').slices = [];
    fleet.member('cluster3').slices = [aSlice('web-1', [unready('10.3.0.1')])];
    fleet.converge();
    fleet.member('cluster3').set({ known: false });
    expect(unavailable(fleet)).toMatch(/^False NoEndpoints: /);
  });

  test('rule 35: with a Local policy, unless the cluster itself has endpoints', () => {
    const local = aService({ internalTrafficPolicy: 'Local' });
    const fleet = exporting(local);
    expect(unavailable(fleet)).toBe(
      'False LocalPolicyOnly: Connections to "amcs-web" fail: internalTrafficPolicy is Local, and all ready endpoints ' +
        'are in other clusters: "cluster1"',
    );
    expect(conditionOf(fleet.member('cluster1'), 'imported', 'catamaran.dev/EndpointsAvailable')).toBeUndefined();
    joinedBy(fleet, local);
    expect(conditionOf(fleet.member('cluster1'), 'imported', 'catamaran.dev/EndpointsAvailable')).toBeUndefined();
    expect(unavailable(exporting(aService({ internalTrafficPolicy: 'Local', clusterIP: 'None' })))).toBeUndefined();
  });

  test('rule 35: with endpoints of any exporter it can, and of an unknown one that are kept', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').slices = [];
    expect(unavailable(fleet)).toBeUndefined();
    fleet.member('cluster3').set({ known: false });
    expect(unavailable(fleet)).toBeUndefined();
  });

  test('rule 35: nothing is said of it where nothing is served or exported', () => {
    const fleet = asking();
    fleet.member('cluster1').unexport();
    expect(unavailable(fleet)).toBeUndefined();
    expect(unavailable(exporting(aService({ ipFamilies: ['IPv6'] })))).toBeUndefined();
    fleet.member('cluster2').import(anImport({ ports: [] }));
    expect(unavailable(fleet)).toBeUndefined();
  });
});
