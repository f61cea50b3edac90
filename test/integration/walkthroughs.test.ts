/** The walk-throughs of the documents, on real API servers, with kubectl. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { service, serviceExport, serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { addresses, condition, held, type RunningFleet, runFleet } from './running-fleet.ts';

let cluster1: Cluster;
let cluster2: Cluster;
let fleet: RunningFleet;
let manual: string;
let automatic: string;

const deployment = (namespace: string, name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name, image: name, env: [{ name: 'ENV_NAME', value: 'cluster1-beijing' }] }] },
    },
  },
});

const statefulSet = (namespace: string, name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace, name },
  spec: {
    replicas,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name, image: name, ports: [{ name: 'tcp', containerPort: 3306 }] }] },
    },
  },
});

beforeAll(async () => {
  [cluster1, cluster2] = await sharedClusters();
  manual = await freshNamespace([cluster1, cluster2], 'manual');
  automatic = await freshNamespace([cluster1, cluster2], 'automatic');
  fleet = await runFleet([cluster1, cluster2], {
    spec: { namespaces: [{ name: manual, import: { mode: 'Manual' } }] },
  });
});

afterAll(() => fleet.stop());

describe('the CLI walk-through of ACK One (Manual, ClusterSetIP)', () => {
  it('ends with amcs-service1 in cluster2, with the endpoints of cluster1', async () => {
    await cluster1.apply(
      service(manual, 'service1', { selector: { app: 'web-demo' } }),
      deployment(manual, 'web-demo', 2),
    );
    await cluster1.apply(serviceExport(manual, 'service1'));
    const printed = await cluster2.create(serviceImport(manual, 'service1'));
    expect(printed).toBe('serviceimport.multicluster.x-k8s.io/service1 created\n');

    const { derived } = await eventually(async () => {
      const found = await held(cluster2, manual, 'service1');
      expect(found.slices.flatMap((slice) => slice.endpoints)).toHaveLength(2);
      expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
      expect(found.import?.spec.ips).toEqual([found.derived?.spec.clusterIP]);
      return found;
    });
    expect(await cluster2.kubectl('get', 'service', '-n', manual)).toMatch(
      new RegExp(
        `^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\\(S\\) +AGE\\namcs-service1 +ClusterIP +${derived?.spec.clusterIP} +<none> +80/TCP +\\d+s\\n$`,
      ),
    );
    expect(await addresses(cluster2, manual, 'service1')).toEqual([
      expect.stringMatching(/^10\.1\./),
      expect.stringMatching(/^10\.1\./),
    ]);
    const { slices } = await held(cluster2, manual, 'service1');
    expect(slices[0]?.ports).toEqual([expect.objectContaining({ name: 'http', port: 8080, protocol: 'TCP' })]);
    expect(slices[0]?.metadata.labels).toMatchObject({
      'kubernetes.io/service-name': 'amcs-service1',
      'multicluster.kubernetes.io/service-name': 'service1',
      'multicluster.kubernetes.io/source-cluster': 'cluster1',
      'endpointslice.kubernetes.io/managed-by': 'catamaran.dev',
    });
    // Nothing is imported in cluster1.
    expect((await held(cluster1, manual, 'service1')).derived).toBeUndefined();
  });

  it('follows the Deployment when it is scaled', async () => {
    await cluster1.kubectl('scale', '-n', manual, 'deployment/web-demo', '--replicas=4');
    await eventually(async () => expect(await addresses(cluster2, manual, 'service1')).toHaveLength(4));
    await cluster1.kubectl('scale', '-n', manual, 'deployment/web-demo', '--replicas=0');
    await eventually(async () => expect(await addresses(cluster2, manual, 'service1')).toHaveLength(0));
    await cluster1.kubectl('scale', '-n', manual, 'deployment/web-demo', '--replicas=2');
    await eventually(async () => expect(await addresses(cluster2, manual, 'service1')).toHaveLength(2));
  });

  it('keeps the VIP and removes the endpoints when the export is deleted', async () => {
    const before = await held(cluster2, manual, 'service1');
    await cluster1.kubectl('delete', 'serviceexport', '-n', manual, 'service1');
    await eventually(async () => {
      const found = await held(cluster2, manual, 'service1');
      expect(found.slices).toHaveLength(0);
      expect(condition(found.import, 'Ready')).toMatchObject({ status: 'False', reason: 'NotExported' });
      expect(found.import?.status?.clusters ?? []).toEqual([]);
    });
    await cluster1.apply(serviceExport(manual, 'service1'));
    await eventually(async () => expect(await addresses(cluster2, manual, 'service1')).toHaveLength(2));
    expect((await held(cluster2, manual, 'service1')).derived?.spec.clusterIP).toBe(before.derived?.spec.clusterIP);
  });

  it('removes everything derived when the import is deleted', async () => {
    await cluster2.kubectl('delete', 'serviceimport', '-n', manual, 'service1');
    await eventually(async () => {
      const found = await held(cluster2, manual, 'service1');
      expect(found).toMatchObject({ import: undefined, derived: undefined, slices: [] });
    });
  });
});

describe('the headless walk-through of ACK One (Manual, Headless)', () => {
  it('ends with amcs-mysql, headless, and the hostnames of the pods', async () => {
    const spec = {
      clusterIP: 'None',
      selector: { app: 'mysql' },
      ports: [{ name: 'tcp', protocol: 'TCP' as const, port: 3306 }],
    };
    await cluster1.apply(
      service(manual, 'mysql', spec),
      statefulSet(manual, 'mysql', 2),
      serviceExport(manual, 'mysql'),
    );
    const ports = [{ name: 'tcp', port: 3306, protocol: 'TCP' }];
    await cluster2.create(serviceImport(manual, 'mysql', { type: 'Headless', ports }));
    const found = await eventually(async () => {
      const now = await held(cluster2, manual, 'mysql');
      expect(now.slices.flatMap((slice) => slice.endpoints.map((endpoint) => endpoint.hostname)).sort()).toEqual([
        'mysql-0',
        'mysql-1',
      ]);
      expect(condition(now.import, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
      return now;
    });
    expect(found.derived?.spec.clusterIP).toBe('None');
    expect(found.import?.spec.ips ?? []).toEqual([]);
    expect(found.slices[0]?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless']);
  });
});

describe("Cilium's tutorial (Automatic)", () => {
  it('imports into both clusters, with the endpoints of both, once both export', async () => {
    for (const cluster of [cluster1, cluster2]) {
      await cluster.apply(
        service(automatic, 'rebel-base', { selector: { app: 'rebel-base' } }),
        deployment(automatic, 'rebel-base', 2),
        serviceExport(automatic, 'rebel-base'),
      );
    }
    for (const cluster of [cluster1, cluster2]) {
      await eventually(async () => {
        const found = await held(cluster, automatic, 'rebel-base');
        expect(found.import?.spec).toMatchObject({ type: 'ClusterSetIP', ports: [{ name: 'http', port: 80 }] });
        expect(found.import?.status?.clusters).toEqual([{ cluster: 'cluster1' }, { cluster: 'cluster2' }]);
        const all = await addresses(cluster, automatic, 'rebel-base');
        expect(all.filter((address) => address.startsWith('10.1.'))).toHaveLength(2);
        expect(all.filter((address) => address.startsWith('10.2.'))).toHaveLength(2);
        expect(condition(found.export, 'Valid')).toMatchObject({ status: 'True', reason: 'Valid' });
        expect(condition(found.export, 'Ready')).toMatchObject({ status: 'True', reason: 'Exported' });
        expect(condition(found.export, 'Conflict')).toMatchObject({ status: 'False', reason: 'NoConflicts' });
      });
    }
  });

  it('is removed from both clusters with the last export', async () => {
    await cluster1.kubectl('delete', 'serviceexport', '-n', automatic, 'rebel-base');
    await eventually(async () => {
      const found = await held(cluster1, automatic, 'rebel-base');
      expect(found.import?.status?.clusters).toEqual([{ cluster: 'cluster2' }]);
      expect(await addresses(cluster1, automatic, 'rebel-base')).toHaveLength(2);
    });
    await cluster2.kubectl('delete', 'serviceexport', '-n', automatic, 'rebel-base');
    for (const cluster of [cluster1, cluster2]) {
      await eventually(async () => {
        expect(await held(cluster, automatic, 'rebel-base')).toMatchObject({
          import: undefined,
          derived: undefined,
          slices: [],
        });
      });
    }
  });
});
