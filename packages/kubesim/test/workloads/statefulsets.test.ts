import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/machinery/json.ts';
import type { StatefulSet } from '../../src/workloads/kinds.ts';
import { isReady } from '../../src/workloads/pods.ts';
import { NAMESPACE, podsOf, type StillCluster, statefulSet, stillCluster } from '../support/workload-cluster.ts';

const DB = { app: 'db' };
const CLAIMS = [
  {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
];

async function withDb(spec: JsonObject = {}, replicas = 3) {
  const cluster = await stillCluster();
  cluster.api.create('apps/statefulsets', statefulSet({ name: 'db', replicas, spec }));
  await cluster.pass();
  return cluster;
}

function db({ objects }: StillCluster): StatefulSet {
  const found = objects.get('apps/statefulsets', NAMESPACE, 'db');
  if (!found) throw new Error('no StatefulSet db');
  return found;
}

function change(cluster: StillCluster, spec: JsonObject): void {
  const current = db(cluster);
  cluster.api.update('apps/statefulsets', { ...current, spec: { ...current.spec, ...spec } });
}

function setImage(cluster: StillCluster, image: string): void {
  const { template } = db(cluster).spec;
  const containers = template.spec.containers.map((container) => ({ ...container, image }));
  change(cluster, { template: { ...template, spec: { ...template.spec, containers } } });
}

function names(cluster: StillCluster): string[] {
  return podsOf(cluster, DB).map(({ metadata }) => metadata.name);
}

function images(cluster: StillCluster): (string | undefined)[] {
  return podsOf(cluster, DB).map(({ spec }) => spec.containers[0]?.image);
}

describe('pods', () => {
  it('have stable names, hostnames and labels', async () => {
    const cluster = await withDb();
    expect(names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
    expect(podsOf(cluster, DB)[1]).toMatchObject({
      metadata: { labels: { 'apps.kubernetes.io/pod-index': '1', 'statefulset.kubernetes.io/pod-name': 'db-1' } },
      spec: { hostname: 'db-1', subdomain: 'db' },
    });
  });

  it('are created in order, each after its predecessors are ready', async () => {
    const cluster = await stillCluster();
    cluster.api.create('apps/statefulsets', statefulSet({ name: 'db', replicas: 3 }));
    let most = 0;
    for (let i = 0; i < 20; i++) {
      await cluster.pass(50);
      most = Math.max(most, podsOf(cluster, DB).filter((pod) => !isReady(pod)).length);
    }
    expect(names(cluster)).toHaveLength(3);
    expect(most).toBe(1);
  });

  it('are created all at once with Parallel', async () => {
    const cluster = await stillCluster();
    cluster.api.create(
      'apps/statefulsets',
      statefulSet({ name: 'db', replicas: 3, spec: { podManagementPolicy: 'Parallel' } }),
    );
    await cluster.pass(50);
    expect(names(cluster)).toHaveLength(3);
  });

  it('start at a configured ordinal', async () => {
    const cluster = await withDb({ ordinals: { start: 5 } }, 2);
    expect(names(cluster)).toEqual(['db-5', 'db-6']);
  });

  it('are removed in reverse order', async () => {
    const cluster = await withDb();
    change(cluster, { replicas: 1 });
    await cluster.workloads.idle();
    const leaving = podsOf(cluster, DB).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(leaving.map(({ metadata }) => metadata.name)).toEqual(['db-2']);
    await cluster.pass();
    expect(names(cluster)).toEqual(['db-0']);
  });

  it('are recreated with the same name', async () => {
    const cluster = await withDb();
    const [first] = podsOf(cluster, DB);
    if (!first) throw new Error('no pod');
    cluster.objects.delete('/pods', first);
    await cluster.pass();
    expect(names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
    expect(podsOf(cluster, DB)[0]?.metadata.uid).not.toBe(first.metadata.uid);
  });
});

describe('claims', () => {
  it('are created from the templates, bound, and outlive their pods', async () => {
    const cluster = await withDb({ volumeClaimTemplates: CLAIMS }, 2);
    const claims = () =>
      cluster.objects
        .list('/persistentvolumeclaims', NAMESPACE)
        .map(({ metadata, status }) => [metadata.name, status?.phase]);
    expect(claims()).toEqual([
      ['data-db-0', 'Bound'],
      ['data-db-1', 'Bound'],
    ]);
    expect(podsOf(cluster, DB)[1]?.spec.volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-db-1' },
    });
    change(cluster, { replicas: 0 });
    await cluster.pass();
    expect(claims()).toHaveLength(2);
  });

  it('are removed once they are deleted and no pod uses them', async () => {
    const cluster = await withDb({ volumeClaimTemplates: CLAIMS }, 1);
    const [claim] = cluster.objects.list('/persistentvolumeclaims', NAMESPACE);
    if (!claim) throw new Error('no claim');
    cluster.objects.delete('/persistentvolumeclaims', claim);
    await cluster.pass();
    expect(cluster.objects.list('/persistentvolumeclaims', NAMESPACE)).toHaveLength(1);
    change(cluster, { replicas: 0 });
    await cluster.pass();
    expect(cluster.objects.list('/persistentvolumeclaims', NAMESPACE)).toEqual([]);
  });
});

describe('an update', () => {
  it('replaces pods in reverse order, and completes with the status that `kubectl rollout status` expects', async () => {
    const cluster = await withDb();
    const before = db(cluster).status?.currentRevision;
    setImage(cluster, 'app:2');
    await cluster.workloads.idle();
    expect(db(cluster).status?.updateRevision).not.toBe(before);
    expect(db(cluster).status?.currentRevision).toBe(before);
    await cluster.pass(1000);
    expect(images(cluster)).toEqual(['app:1', 'app:1', 'app:2']);
    await cluster.pass();
    expect(images(cluster)).toEqual(['app:2', 'app:2', 'app:2']);
    const { status, metadata } = db(cluster);
    expect(status?.currentRevision).toBe(status?.updateRevision);
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
    });
  });

  it('stops at the partition, also for recreated old pods', async () => {
    const cluster = await withDb({ updateStrategy: { rollingUpdate: { partition: 2 } } });
    setImage(cluster, 'app:2');
    await cluster.pass();
    expect(images(cluster)).toEqual(['app:1', 'app:1', 'app:2']);
    const [first] = podsOf(cluster, DB);
    if (!first) throw new Error('no pod');
    cluster.objects.delete('/pods', first);
    await cluster.pass();
    expect(images(cluster)).toEqual(['app:1', 'app:1', 'app:2']);
  });

  it('with OnDelete applies when a pod is recreated', async () => {
    const cluster = await withDb({ updateStrategy: { type: 'OnDelete' } });
    setImage(cluster, 'app:2');
    await cluster.pass();
    expect(images(cluster)).toEqual(['app:1', 'app:1', 'app:1']);
    const [first] = podsOf(cluster, DB);
    if (!first) throw new Error('no pod');
    cluster.objects.delete('/pods', first);
    await cluster.pass();
    expect(images(cluster)).toEqual(['app:2', 'app:1', 'app:1']);
  });

  it('keeps a ControllerRevision per template, which `kubectl rollout undo` reads', async () => {
    const cluster = await withDb();
    setImage(cluster, 'app:2');
    await cluster.pass();
    setImage(cluster, 'app:1');
    await cluster.pass();
    const revisions = cluster.objects.list('apps/controllerrevisions', NAMESPACE);
    expect(revisions.map(({ revision }) => revision).sort()).toEqual([2, 3]);
    expect(revisions[0]?.data).toMatchObject({ spec: { template: { $patch: 'replace' } } });
    expect(cluster.log.lines).toEqual([]);
  });
});
