import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { servedRecord } from '../../../../src/core/merge/precedence.ts';
import { departure } from '../../../../src/core/plan/departure.ts';
import { planOtherStatus } from '../../../../src/core/plan/other-implementation.ts';
import type { FleetModel, MemberModel } from '../../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  anImport,
  aService,
  aSlice,
  at,
  NAME,
  NAMESPACE,
} from '../../../support/core/objects.ts';
import { asking, conditionOf, exporting, readiness, readyOf } from '../../../support/core/scenarios.ts';

const OTHER = 'lighthouse-agent';
const IPS = ['192.0.2.9'];
const CLUSTERS = [{ cluster: 'kind-1' }];
const THEIRS = { type: 'Ready', status: 'True', reason: 'Synced', message: 'x', lastTransitionTime: at(1) };

type Conditions = readonly JsonObject[];

/** Their Ready condition beside the conditions of others. */
const merged = (before: Conditions): Conditions => [THEIRS, ...before.filter(({ type }) => type !== 'Ready')];
/** Only their clusters. */
const untouched = (before: Conditions): Conditions => before;

/** One pass of a second implementation, which sets addresses and status; returns the number of its writes. */
function otherPass(member: MemberModel, conditions: (before: Conditions) => Conditions): number {
  const object = member.api.get('serviceImports', NAME);
  const status = Object(object?.status);
  const wanted = {
    ...object,
    spec: { ...Object(object?.spec), ips: IPS },
    status: { ...status, clusters: CLUSTERS, conditions: conditions(status.conditions ?? []) },
  };
  if (JSON.stringify(wanted) === JSON.stringify(object)) return 0;
  member.api.put('serviceImports', wanted, OTHER);
  return 1;
}

/** Both implementations work in turn; returns the number of writes in each round. */
function contest(fleet: FleetModel, member: MemberModel, conditions = merged): readonly number[] {
  return Array.from({ length: 10 }, () => {
    const writes = otherPass(member, conditions);
    const changes = fleet.plan(member.name);
    member.api.apply(changes);
    return writes + changes.length;
  });
}

const managed = (member: MemberModel) => conditionOf(member, 'imported', 'catamaran.dev/Managed');

describe('an import that another implementation manages', () => {
  const KINDS = { 'that a user created': asking, 'that Catamaran created': exporting };

  test.each(Object.entries(KINDS))('rule 37: %s is left alone, and both stop writing', (_, start) => {
    for (const conditions of [merged, untouched]) {
      const fleet = start();
      const cluster2 = fleet.member('cluster2');
      const service = cluster2.derivedService;
      expect(contest(fleet, cluster2, conditions).slice(2)).toEqual(Array(8).fill(0));
      expect(cluster2.imported?.spec.ips).toEqual(IPS);
      expect(cluster2.imported?.status?.clusters).toEqual(CLUSTERS);
      // Catamaran's own Ready would be outdated.
      expect(readiness(cluster2)).toBe(conditions === merged ? 'True Synced: x' : undefined);
      expect(managed(cluster2)).toMatchObject({
        status: 'False',
        reason: 'ManagedByOther',
        message:
          '"lighthouse-agent" writes the status of this import, so Catamaran leaves it alone and only updates the ' +
          'endpoints of its derived Service "amcs-web". To have it served by Catamaran, stop "lighthouse-agent" from ' +
          'managing it, then clear its status',
      });
      expect(cluster2.derivedService).toEqual(service);
    }
  });

  test('rule 37: nothing is derived for it if nothing was', () => {
    const fleet = exporting();
    const cluster3 = fleet.member('cluster3', { importMode: 'Manual' });
    const spec = { type: 'ClusterSetIP', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] };
    const metadata = { name: NAME, namespace: fleet.namespace };
    cluster3.api.put(
      'serviceImports',
      { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', metadata, spec },
      OTHER,
    );
    contest(fleet, cluster3);
    expect([cluster3.derivedService, cluster3.derivedSlices]).toEqual([undefined, []]);
    expect(managed(cluster3)?.message).toContain('and serves nothing for it');
  });

  test('rule 37: the endpoints of its derived Service stay current, and nothing else follows', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    contest(fleet, cluster2);
    fleet
      .member('cluster1')
      .export(anExport(), aService({ clusterIP: 'None' }), [aSlice('web-1', [anEndpoint('10.1.0.9')])]);
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.9']);
    expect(cluster2.imported?.spec).toMatchObject({ type: 'ClusterSetIP', ips: IPS });
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect([cluster2.imported?.spec.ips, cluster2.addresses]).toEqual([IPS, []]);
    cluster2.set({ prefix: 'mc-' });
    expect(fleet.plan('cluster2').filter(({ resource }) => resource === 'services')).toEqual([]);
  });

  test('rule 37: it stays, whatever the fleet file allows, and serves no endpoints if it must not', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    contest(fleet, cluster2);
    cluster2.set({ importMode: 'Manual', importRefusal: 'no' });
    fleet.converge();
    expect(cluster2.imported?.spec.ips).toEqual(IPS);
    expect(cluster2.addresses).toEqual([]);
  });

  test('rule 37: its addresses stay while it is being deleted', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    contest(fleet, cluster2);
    const object = cluster2.api.get('serviceImports', NAME);
    const metadata = { ...Object(object?.metadata), deletionTimestamp: at(9), finalizers: ['example.org/x'] };
    cluster2.api.put('serviceImports', { ...object, metadata }, OTHER);
    fleet.converge();
    expect(cluster2.imported?.spec.ips).toEqual(IPS);
    expect([cluster2.derivedService, cluster2.derivedSlices]).toEqual([undefined, []]);
  });

  test('rule 37: it is served again once Catamaran or a user of kubectl has its status', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    contest(fleet, cluster2);
    const { status: _, ...object } = Object(cluster2.api.get('serviceImports', NAME));
    cluster2.api.put('serviceImports', { ...object, status: {} });
    fleet.converge();
    expect(managed(cluster2)).toBeUndefined();
    expect(readyOf(cluster2)).toMatchObject({ status: 'True', reason: 'Ready' });
    expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    expect(cluster2.imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
  });

  test('rule 33: its clusters are no record of precedence', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const record = () => cluster2.imported && servedRecord(cluster2.imported);
    expect(record()).toEqual(['cluster1']);
    contest(fleet, cluster2);
    expect(record()).toEqual([]);
  });

  test('rule 46: it stays when the member leaves, without the conditions of Catamaran', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    contest(fleet, cluster2);
    const leaving = () =>
      departure(fleet.consumer('cluster2'), undefined).filter(({ resource }) => resource === 'serviceImports');
    expect(leaving()).toMatchObject([
      { op: 'patch', subresource: 'status', patch: { status: { conditions: [THEIRS] } } },
    ]);
    cluster2.api.apply(leaving());
    expect(leaving()).toEqual([]);
  });

  test('is reported in one Event', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    otherPass(cluster2, merged);
    const [change, ...others] = fleet.plan('cluster2');
    expect(others).toEqual([]);
    expect(change).toMatchObject({
      why: 'another implementation manages it',
      once: `${cluster2.imported?.metadata.uid} ${OTHER}`,
      notices: [{ type: 'Warning', reason: 'ManagedByOther' }],
    });
  });

  test('is reported even if its API server has records of a status, but no status', () => {
    const target = { member: 'cluster2', resource: 'serviceImports', namespace: NAMESPACE, name: NAME } as const;
    const [change] = planOtherStatus(target, anImport(), { manager: OTHER, setsReady: true }, undefined, at(5));
    expect(change?.patch).toMatchObject({ status: { conditions: [{ reason: 'ManagedByOther' }] } });
  });
});
