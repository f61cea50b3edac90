import { describe, expect, test } from 'vitest';
import { SERVICE_NAME } from '../../../../src/api/labels.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anExport, aService, DERIVED, NAME } from '../../../support/core/objects.ts';
import { asking, exporting, joinedBy, readyOf, summaries } from '../../../support/core/scenarios.ts';

describe('a plan', () => {
  test('rule 18: everything derived is owned by the import, and a stale owner is a change', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const owners = () =>
      [cluster2.derivedService, ...cluster2.derivedSlices].map((object) => object?.metadata.ownerReferences?.[0]);
    const owner = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: NAME, controller: false };
    const expected = () => Array(3).fill({ ...owner, uid: cluster2.imported?.metadata.uid });
    expect(owners()).toEqual(expected());
    for (const resource of ['services', 'endpointSlices'] as const) {
      for (const object of cluster2.api.list(resource)) {
        const metadata = Object(object.metadata);
        cluster2.api.put(resource, {
          ...object,
          metadata: { ...metadata, ownerReferences: [{ ...owner, uid: 'gone' }] },
        });
      }
    }
    fleet.converge();
    expect(owners()).toEqual(expected());
  });

  test('rule 18: what the garbage collector took is made again', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    cluster2.api.remove('serviceImports', NAME);
    expect(cluster2.derivedService).toBeUndefined();
    fleet.converge();
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(readyOf(cluster2)?.status).toBe('True');
  });

  test('rule 23: the last export to go takes the imports with it', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(fleet.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster3' }]);
    fleet.member('cluster3').unexport();
    expect(summaries(fleet.plan('cluster2'))).toEqual([
      'prune: delete services',
      'prune: delete endpointSlices',
      'prune: delete serviceImports',
    ]);
    expect(fleet.converge()).toBe(1);
    for (const { imported, derivedService, derivedSlices } of fleet.members) {
      expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
    }
  });
});

describe('rule 44: a user who edits what is ours', () => {
  test.each<[string, object]>([
    ['ports', { ports: [{ name: 'other', protocol: 'TCP', port: 1 }] }],
    ['a target port', { ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 9999 }] }],
    ['a selector', { selector: { app: 'mine' } }],
    ['type', { type: 'NodePort' }],
    ['publishNotReadyAddresses', { publishNotReadyAddresses: true }],
    ['session affinity', { sessionAffinity: 'ClientIP' }],
    ['traffic', { internalTrafficPolicy: 'Local', trafficDistribution: 'PreferClose' }],
  ])('of the derived Service: %s is repaired in place', (_, spec) => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const before = cluster2.derivedService;
    const object = cluster2.api.get('services', DERIVED);
    cluster2.api.put('services', { ...object, spec: { ...Object(object?.spec), ...spec } });
    fleet.converge();
    expect(cluster2.derivedService?.spec).toEqual(before?.spec);
    expect(cluster2.derivedService?.metadata.uid).toBe(before?.metadata.uid);
  });

  test('of an automatic import: spec and metadata are repaired', () => {
    const fleet = new FleetModel();
    const cluster1 = fleet.member('cluster1').export(anExport({ exportedLabels: { team: 'a' } }), aService());
    fleet.converge();
    const before = cluster1.imported;
    const object = cluster1.api.get('serviceImports', NAME);
    const labels = { 'catamaran.dev/import-origin': 'automatic', team: 'b' };
    const annotations = { 'catamaran.dev/exported-keys': 'not JSON' };
    cluster1.api.put('serviceImports', {
      ...object,
      metadata: { ...Object(object?.metadata), labels, annotations },
      spec: {
        type: 'Headless',
        ports: [],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } },
      },
    });
    fleet.converge();
    expect(cluster1.imported?.spec).toEqual({ ...before?.spec, ips: cluster1.derivedService?.spec.clusterIPs });
    expect(cluster1.imported?.metadata.labels).toEqual(before?.metadata.labels);
    expect(cluster1.imported?.metadata.annotations).toEqual(before?.metadata.annotations);
  });

  test('of a derived slice: endpoints, ports and source are repaired', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const [before] = cluster2.derivedSlices;
    const [object] = cluster2.api.list('endpointSlices');
    const metadata = Object(object?.metadata);
    const labels = {
      ...metadata.labels,
      'multicluster.kubernetes.io/source-cluster': 'nobody',
      [SERVICE_NAME]: 'other',
    };
    cluster2.api.put('endpointSlices', { ...object, metadata: { ...metadata, labels }, endpoints: [], ports: [] });
    fleet.converge();
    const [after] = cluster2.derivedSlices;
    expect({ ...after, metadata: 0 }).toEqual({ ...before, metadata: 0 });
    expect(after?.metadata.labels).toEqual(before?.metadata.labels);
  });
});
