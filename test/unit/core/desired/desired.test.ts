import { describe, expect, test } from 'vitest';
import { desired } from '../../../../src/core/desired/desired.ts';
import { merge } from '../../../../src/core/merge/merge.ts';
import { sourceSlice } from '../../../../src/core/merge/source-slice.ts';
import type { ConsumerView, DerivedSlice, KnownSource, SourceView } from '../../../../src/core/view.ts';
import { FleetModel, type MemberModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, DERIVED, HTTP, NAME } from '../../../support/core/objects.ts';
import { conditionOf, exporting, joinedBy, readyOf } from '../../../support/core/scenarios.ts';
import { ANY, aConsumer, aSource } from '../../../support/core/sources.ts';

describe('what a consumer should hold', () => {
  test('rule 20: a silent source keeps its endpoints, while a known one still moves its own', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').set({ known: false });
    fleet.member('cluster3').slices = [aSlice('web-9', [anEndpoint('10.3.0.9')])];
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2', '10.3.0.9']);
    expect(conditionOf(fleet.member('cluster2'), 'imported', 'catamaran.dev/SourcesReachable')).toMatchObject({
      status: 'False',
      reason: 'MemberUnreachable',
      message: 'Cannot reach "cluster1"; its endpoints are kept',
    });
  });

  test('rule 20: merged fields, status.clusters and Conflict stay while a source is unknown', () => {
    const fleet = joinedBy(
      exporting(),
      aService({ ports: [{ ...HTTP, port: 81 }], trafficDistribution: 'PreferClose' }),
    );
    const state = () => ({
      spec: fleet.member('cluster2').imported?.spec,
      clusters: fleet.member('cluster2').imported?.status?.clusters,
      conflict: conditionOf(fleet.member('cluster3'), 'exported', 'Conflict'),
    });
    const before = state();
    fleet.member('cluster1').set({ known: false });
    fleet.converge();
    expect(state()).toEqual(before);
    fleet.member('cluster3').unexport();
    fleet.converge();
    expect(fleet.member('cluster2').imported?.status?.clusters).toEqual(before.clusters);
    fleet.member('cluster1').set({ known: true });
    fleet.converge();
    expect(fleet.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
  });

  test('rule 20: an unknown source that never took part freezes nothing', () => {
    const fleet = exporting();
    fleet.member('cluster3', { known: false });
    joinedBy(fleet, undefined);
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(fleet.member('cluster2').imported).toBeUndefined();
  });

  test('rule 20: a member that left the fleet is drained', () => {
    const fleet = joinedBy(exporting());
    fleet.leave('cluster1');
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.3.0.1']);
  });

  test('rule 21: nothing is planned for a namespace that is going, and all is made again in a new one', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    cluster2.set({ namespace: 'Terminating' });
    cluster2.api.remove('services', DERIVED);
    expect(fleet.plan('cluster2')).toEqual([]);
    cluster2.api.remove('serviceImports', NAME);
    cluster2.set({ namespace: 'Absent' });
    expect(fleet.plan('cluster2')).toEqual([]);
    expect(fleet.member('cluster1').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    cluster2.set({ namespace: 'Active' });
    fleet.converge();
    expect(readyOf(cluster2)?.status).toBe('True');
  });
});

describe('rule 43: a member that cannot be reached', () => {
  function lost(): FleetModel {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.member('cluster2');
    fleet.member('cluster3').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
    fleet.converge();
    return fleet;
  }

  function reachable({ imported }: MemberModel) {
    return imported?.status?.conditions?.find(({ type }) => type === 'catamaran.dev/SourcesReachable')?.message;
  }

  test('keeps its endpoints until they expire', () => {
    const fleet = lost();
    const cluster2 = fleet.member('cluster2');
    fleet.member('cluster1').set({ reachable: false });
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.3.0.1']);
    expect(reachable(cluster2)).toBe('Cannot reach "cluster1"; its endpoints are kept');
    fleet.member('cluster1').set({ expired: true });
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.3.0.1']);
    expect(reachable(cluster2)).toBe('Cannot reach "cluster1"; its endpoints have expired');
    expect(cluster2.imported?.status?.clusters).toHaveLength(2);
    fleet.member('cluster1').set({ reachable: true, expired: false });
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.3.0.1']);
    expect(reachable(cluster2)).toBeUndefined();
  });

  test('keeps the last ready endpoints whatever has expired', () => {
    const fleet = lost();
    const cluster2 = fleet.member('cluster2');
    for (const name of ['cluster1', 'cluster3']) fleet.member(name).set({ reachable: false, expired: true });
    fleet.member('cluster3').slices = [aSlice('web-1', [anEndpoint('10.3.0.1', { conditions: { ready: false } })])];
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
    expect(reachable(cluster2)).toBe(
      'Cannot reach "cluster1"; its endpoints are kept. Cannot reach "cluster3"; its endpoints have expired',
    );
    fleet.member('cluster3').set({ reachable: true, expired: false });
    fleet.member('cluster3').slices = [aSlice('web-1', [anEndpoint('10.3.0.1')])];
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.3.0.1']);
  });

  test('has its endpoints expire also where nothing is known of it any more', () => {
    const fleet = lost();
    fleet.member('cluster1').set({ known: false, reachable: false, expired: true });
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.3.0.1']);
  });
});

test('rule 7: a consumer holds slices of the families that it serves, and no others', () => {
  const slices = [
    sourceSlice(aSlice('web-4', [anEndpoint('10.1.0.1')]), ANY),
    sourceSlice(aSlice('web-6', [anEndpoint('fd00::1')], undefined, 'IPv6'), ANY),
  ];
  const clusterset = merge([aSource({ service: aService({ ipFamilies: ['IPv4', 'IPv6'] }), slices })]);
  const families = (...ipFamilies: ConsumerView['ipFamilies']) =>
    desired(clusterset, aConsumer({ ipFamilies }))?.slices.map(({ content }) => content.addressType);
  expect(families('IPv4')).toEqual(['IPv4']);
  expect(families('IPv6')).toEqual(['IPv6']);
  expect(families('IPv6', 'IPv4')).toEqual(['IPv4', 'IPv6']);
});

describe('endpoints that are kept', () => {
  const PORTS = [{ name: 'http', protocol: 'TCP', port: 8080 }] as const;

  /** A known source with one slice of one endpoint. */
  const known = (member: string, standing: KnownSource['standing'], ready: boolean) =>
    aSource({
      member,
      standing,
      slices: [sourceSlice(aSlice('web-1', [anEndpoint('10.1.0.1', { conditions: { ready } })], PORTS), ANY)],
    });
  const unknown = (member: string, expired: boolean): SourceView => ({ member, standing: 'unknown', expired });
  /** A slice that the consumer holds of a source. */
  const held = (source: string, ready: number): DerivedSlice => ({
    name: `of-${source}`,
    uid: 'uid',
    resourceVersion: '1',
    source,
    body: '',
    meta: '',
    ready,
  });
  const kept = (sources: readonly SourceView[], derivedSlices: readonly DerivedSlice[]) => {
    const clusterset = merge(
      sources,
      derivedSlices.map(({ source }) => source),
    );
    const wanted = desired(clusterset, aConsumer({ derivedSlices }));
    return { slices: wanted?.slices.map(({ source }) => source), kept: [...(wanted?.kept ?? [])] };
  };

  test('rule 43: of an expired member are none beside ready ones of a member that is unknown', () => {
    const sources = [known('a', 'expired', true), unknown('b', false)];
    expect(kept(sources, [held('a', 1), held('b', 1)])).toEqual({ slices: [], kept: ['of-b'] });
  });

  test('rule 43: of an expired member are the last ready ones, if an unknown member has none that is ready', () => {
    const sources = [known('a', 'expired', true), unknown('b', false)];
    expect(kept(sources, [held('a', 1), held('b', 0)])).toEqual({ slices: ['a'], kept: ['of-b'] });
  });

  test('rule 43: of a member that is unknown and expired are the last ready ones', () => {
    expect(kept([aSource({ slices: [] }), unknown('b', true)], [held('b', 1)])).toEqual({ slices: [], kept: ['of-b'] });
    expect(kept([aSource({ slices: [] }), unknown('b', true)], [held('b', 0)])).toEqual({ slices: [], kept: [] });
  });

  test('rule 43: of an expired member are the last ready ones, if those of the others are not ready', () => {
    const sources = [known('a', 'expired', true), known('b', 'current', false)];
    expect(kept(sources, [held('a', 1), held('b', 0)])).toEqual({ slices: ['a', 'b'], kept: [] });
    expect(kept(sources, [held('a', 0), held('b', 0)])).toEqual({ slices: ['b'], kept: [] });
    expect(kept(sources, [])).toEqual({ slices: ['b'], kept: [] });
  });

  test('rule 43: of an expired member are none that are not ready', () => {
    expect(kept([known('a', 'expired', false)], [held('a', 1)])).toEqual({ slices: [], kept: [] });
  });

  test('rule 20: are all while nothing is decided, and none if there should be no import', () => {
    const derivedSlices = [held('a', 1), held('b', 0)];
    const consumer = aConsumer({ derivedSlices });
    expect(desired(merge([unknown('a', false)], ['a']), consumer)).toMatchObject({
      import: 'undecided',
      slices: [],
      kept: new Set(['of-a', 'of-b']),
    });
    expect(desired(merge([]), consumer)).toMatchObject({ import: 'absent', slices: [], kept: new Set() });
  });
});
