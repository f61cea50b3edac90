import { describe, expect, test } from 'vitest';
import { rangeSet } from '../../../../src/api/range-map.ts';
import { desired } from '../../../../src/core/desired/desired.ts';
import { leftOutNote, OwnAddresses } from '../../../../src/core/desired/own-addresses.ts';
import { classifyExports } from '../../../../src/core/merge/exports.ts';
import type { ConsumerView, SourceSlice } from '../../../../src/core/view.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice } from '../../../support/core/objects.ts';
import { readyOf } from '../../../support/core/scenarios.ts';
import { ALLOW_ALL, aConsumer, aSource } from '../../../support/core/sources.ts';

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

  test('are not mentioned in an import that is absent or serves nothing', () => {
    const fleet = exportedTo(false);
    const { import: _, derivedService: __, ...bare } = fleet.consumer('cluster2');
    const consumer: ConsumerView = { ...bare, importMode: 'Manual', derivedSlices: [] };
    expect(desired(fleet.clusterset(), consumer)?.import).toBe('absent');
    const mismatched = { ...consumer, import: anImport({ type: 'Headless' }) };
    expect(desired(fleet.clusterset(), mismatched)?.import).toMatchObject({ serving: 'nothing', notes: [] });
  });

  test('rule 17: are not compared if the networks of the member are declared', () => {
    expect(exportedTo(true).member('cluster2').addresses).toEqual(['10.9.0.1', NODE]);
  });
});

describe('an exporter without the addresses of a consumer', () => {
  const slice = (name: string, ...addresses: readonly string[]): SourceSlice => ({
    name,
    addressType: 'IPv4',
    endpoints: addresses.map((address) => anEndpoint(address)),
    refused: [],
    ports: [],
    managed: true,
    triggerTime: undefined,
  });

  function exporterOf(...slices: readonly SourceSlice[]) {
    const [exporter] = classifyExports([aSource({ policy: { ...ALLOW_ALL, bounded: false }, slices })]).valid;
    if (!exporter) throw new Error('the export is not valid');
    return exporter;
  }

  const consumer = aConsumer({ ownNetworks: rangeSet(['192.168.2.0/24']) });
  const remote = slice('remote', '10.9.0.1');

  test('is the same object for the same networks, as are its slices that have none of them', () => {
    const memo = new OwnAddresses();
    const exporter = exporterOf(remote, slice('mixed', NODE, '10.9.0.2'));
    const reduced = memo.without(exporter, consumer);
    expect(reduced.slices.map(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses))).toEqual([
      ['10.9.0.1'],
      ['10.9.0.2'],
    ]);
    expect(reduced.slices[0]).toBe(remote);
    expect(memo.without(exporter, consumer)).toBe(reduced);
    const changed = { ...exporter, slices: [...exporter.slices] };
    expect(memo.without(changed, consumer).slices[1]).toBe(reduced.slices[1]);
  });

  test('is computed for each network', () => {
    const memo = new OwnAddresses();
    const exporter = exporterOf(slice('a', NODE, '10.9.0.2'));
    const inOther = memo.without(exporter, { ...consumer, ownNetworks: rangeSet(['10.9.0.0/16']) });
    expect(inOther.slices[0]?.endpoints).toEqual([anEndpoint(NODE)]);
    expect(memo.without(exporter, consumer).slices[0]?.endpoints).toEqual([anEndpoint('10.9.0.2')]);
  });

  test('is the exporter itself if it has none of them, or if the networks of the consumer are not known', () => {
    const memo = new OwnAddresses();
    const exporter = exporterOf(remote);
    expect(memo.without(exporter, consumer)).toBe(exporter);
    const own = exporterOf(slice('a', NODE));
    expect(memo.without(own, aConsumer())).toBe(own);
  });

  test('has no endpoint of which one of several addresses is in the networks', () => {
    const both = { ...slice('a'), endpoints: [{ addresses: ['10.9.0.1', NODE] }, { addresses: ['not an address'] }] };
    const [reduced] = new OwnAddresses().without(exporterOf(both), consumer).slices;
    expect(reduced?.endpoints).toEqual([{ addresses: ['not an address'] }]);
  });

  test('counts what is left out', () => {
    const exporter = exporterOf(slice('a', NODE), slice('b', '192.168.2.2', '10.9.0.1'));
    expect(leftOutNote(exporter, new OwnAddresses().without(exporter, consumer))).toBe(
      '2 endpoints of "cluster1" have addresses of this cluster\'s own network and are left out',
    );
    expect(leftOutNote(exporter, exporter)).toBeUndefined();
  });
});
