import { describe, expect, test } from 'vitest';
import type { EndpointSlice } from '../../../../src/api/endpoint-slice.ts';
import { MCS_SERVICE_NAME, SERVICE_NAME, SOURCE_CLUSTER } from '../../../../src/api/labels.ts';
import type { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, at, DERIVED, NAME } from '../../../support/core/objects.ts';
import { conditionOf, exporting, joinedBy, summaries } from '../../../support/core/scenarios.ts';

const HEADLESS = aService({ clusterIP: 'None' });

/** The derived slices of cluster2 with a label, as `member: hostname address`. */
function names(fleet: FleetModel, label: string, value: string): readonly string[] {
  const slices: readonly EndpointSlice[] = fleet.member('cluster2').derivedSlices;
  return slices
    .filter(({ metadata }) => metadata.labels?.[label] === value)
    .flatMap(({ metadata, endpoints }) =>
      endpoints.map(
        ({ hostname = '-', addresses }) => `${metadata.labels?.[SOURCE_CLUSTER]}: ${hostname} ${addresses}`,
      ),
    )
    .toSorted();
}

/** Names in cluster.local, from which the derived Service gets them. */
const bare = (fleet: FleetModel) => names(fleet, SERVICE_NAME, DERIVED);
/** Names in the clusterset zone. */
const byCluster = (fleet: FleetModel) => names(fleet, MCS_SERVICE_NAME, NAME);

const pod = (address: string, hostname: string) => anEndpoint(address, { hostname });

/** cluster1 and later cluster3 export a StatefulSet `db`, cluster2 consumes both. */
function twoSets(): FleetModel {
  const fleet = exporting(HEADLESS);
  fleet.member('cluster1').slices = [aSlice('web-1', [pod('10.1.0.1', 'db-0')])];
  fleet.converge();
  joinedBy(fleet, HEADLESS);
  fleet.member('cluster3').slices = [aSlice('web-1', [pod('10.3.0.1', 'db-0'), pod('10.3.0.2', 'db-1')])];
  fleet.converge();
  return fleet;
}

describe('two pods with one hostname', () => {
  test('rule 36: the member that was served first keeps the bare name, all have names by cluster', () => {
    const fleet = twoSets();
    expect(bare(fleet)).toEqual(['cluster1: db-0 10.1.0.1', 'cluster3: - 10.3.0.1', 'cluster3: db-1 10.3.0.2']);
    expect(byCluster(fleet)).toEqual(['cluster1: db-0 10.1.0.1', 'cluster3: db-0 10.3.0.1', 'cluster3: db-1 10.3.0.2']);
    expect(summaries(fleet.plan('cluster2'))).toEqual([]);
  });

  test('rule 36: slices of such a member without a shared hostname stay whole', () => {
    const fleet = twoSets();
    const { slices } = fleet.member('cluster3');
    const others = [aSlice('web-2', [anEndpoint('10.3.0.8')]), aSlice('web-3', [pod('10.3.0.9', 'db-9')])];
    fleet.member('cluster3').slices = [...slices, ...others];
    fleet.converge();
    expect(fleet.member('cluster2').derivedSlices).toHaveLength(5);
    for (const shown of [bare(fleet), byCluster(fleet)]) {
      expect(shown).toEqual(expect.arrayContaining(['cluster3: - 10.3.0.8', 'cluster3: db-9 10.3.0.9']));
    }
  });

  test('rule 36: a member reports all of its hostnames that others have, and no others', () => {
    const fleet = twoSets();
    fleet.member('cluster1').slices = [aSlice('web-1', [pod('10.1.0.1', 'db-0'), pod('10.1.0.2', 'db-1')])];
    fleet.member('cluster4').export(anExport({}, at(90)), HEADLESS, [aSlice('web-1', [pod('10.4.0.1', 'db-9')])]);
    fleet.converge();
    const reported = (name: string) => conditionOf(fleet.member(name), 'exported', 'catamaran.dev/HostnamesUnique');
    expect(reported('cluster1')?.message).toContain(
      'clusters: "db-0" of "cluster1", "cluster3"; "db-1" of "cluster1", "cluster3". The',
    );
    expect(reported('cluster4')).toBeUndefined();
  });

  test('rule 36: every member that has the hostname reports it', () => {
    const fleet = twoSets();
    for (const name of ['cluster1', 'cluster3']) {
      expect(conditionOf(fleet.member(name), 'exported', 'catamaran.dev/HostnamesUnique')).toMatchObject({
        status: 'False',
        reason: 'HostnameCollision',
        message:
          'Hostnames in several clusters: "db-0" of "cluster1", "cluster3". The derived Service has the name of the ' +
          'first cluster; all have a name with their cluster in the clusterset zone',
      });
    }
    fleet.member('cluster1').slices = [aSlice('web-1', [pod('10.1.0.1', 'db-7')])];
    fleet.converge();
    expect(conditionOf(fleet.member('cluster3'), 'exported', 'catamaran.dev/HostnamesUnique')).toBeUndefined();
  });

  test('rule 36: the bare name passes on when its pod or its export is gone, and the slices are one again', () => {
    const fleet = twoSets();
    fleet.member('cluster1').slices = [aSlice('web-1', [pod('10.1.0.1', 'db-7')])];
    const whole = ['cluster1: db-7 10.1.0.1', 'cluster3: db-0 10.3.0.1', 'cluster3: db-1 10.3.0.2'];
    // Names are added before they are removed.
    expect(summaries(fleet.plan('cluster2')).at(-1)).toBe('prune: delete endpointSlices');
    fleet.converge();
    expect([bare(fleet), byCluster(fleet)]).toEqual([whole, whole]);
    expect(fleet.member('cluster2').derivedSlices).toHaveLength(2);
    const gone = twoSets();
    gone.member('cluster1').unexport();
    gone.converge();
    expect(bare(gone)).toEqual(['cluster3: db-0 10.3.0.1', 'cluster3: db-1 10.3.0.2']);
    expect(gone.member('cluster2').derivedSlices).toHaveLength(1);
  });

  test('rule 36: a date changes nothing', () => {
    const fleet = twoSets();
    const { slices } = fleet.member('cluster3');
    fleet.member('cluster3').export(anExport({}, at(-1_000_000)), HEADLESS, slices);
    fleet.converge();
    expect(bare(fleet)).toContain('cluster1: db-0 10.1.0.1');
    expect(bare(fleet)).toContain('cluster3: - 10.3.0.1');
  });

  test('rule 20: the slices stay apart while the first member is unknown', () => {
    const fleet = twoSets();
    const before = [bare(fleet), byCluster(fleet)];
    const { settings } = fleet.member('cluster1');
    fleet.member('cluster1').settings = { ...settings, known: false };
    fleet.converge();
    expect([bare(fleet), byCluster(fleet)]).toEqual(before);
    expect(summaries(fleet.plan('cluster2'))).toEqual([]);
    // A hostname that is new meanwhile may be that of the unknown member.
    const { slices } = fleet.member('cluster3');
    fleet.member('cluster3').slices = [aSlice('web-1', [pod('10.3.0.2', 'db-1'), pod('10.3.0.3', 'db-2')])];
    fleet.converge();
    expect(bare(fleet)).toEqual(['cluster1: db-0 10.1.0.1', 'cluster3: - 10.3.0.3', 'cluster3: db-1 10.3.0.2']);
    expect(byCluster(fleet)).toContain('cluster3: db-2 10.3.0.3');
    fleet.member('cluster3').slices = slices;
    fleet.member('cluster1').settings = settings;
    fleet.converge();
    expect(bare(fleet)).toContain('cluster3: db-1 10.3.0.2');
  });

  test('rule 20: slices that are new or without hostnames while the first member is unknown are whole', () => {
    const fleet = twoSets();
    fleet.member('cluster1').set({ known: false });
    fleet.member('cluster3').slices = [
      aSlice('web-1', [anEndpoint('10.3.0.4')]),
      aSlice('web-2', [pod('10.3.0.9', 'db-9')]),
    ];
    fleet.converge();
    const whole = ['cluster3: - 10.3.0.4', 'cluster3: db-9 10.3.0.9'];
    for (const shown of [bare(fleet), byCluster(fleet)]) expect(shown).toEqual(expect.arrayContaining(whole));
    expect(fleet.member('cluster2').derivedSlices).toHaveLength(3);
  });

  test('hostnames mean nothing in a Service with a cluster IP', () => {
    const fleet = exporting();
    fleet.member('cluster1').slices = [aSlice('web-1', [pod('10.1.0.1', 'db-0')])];
    joinedBy(fleet);
    fleet.member('cluster3').slices = [aSlice('web-1', [pod('10.3.0.1', 'db-0')])];
    fleet.converge();
    expect(bare(fleet)).toEqual(byCluster(fleet));
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'catamaran.dev/HostnamesUnique')).toBeUndefined();
  });
});
