import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import type { Deployment, ReplicaSet } from '../../src/workloads/kinds.ts';
import { isActive, isReady } from '../../src/workloads/pods.ts';
import {
  deployment,
  NAMESPACE,
  podsOf,
  type StillCluster,
  service,
  stillCluster,
} from '../support/workload-cluster.ts';

const WEB = { app: 'web' };

async function withWeb(manifest: Parameters<typeof deployment>[0] = { name: 'web', replicas: 3 }) {
  const cluster = await stillCluster();
  cluster.api.create('apps/deployments', deployment(manifest));
  await cluster.pass();
  return cluster;
}

function web({ objects }: StillCluster): Deployment {
  const found = objects.get('apps/deployments', NAMESPACE, 'web');
  if (!found) throw new Error('no Deployment web');
  return found;
}

function setsOf({ objects }: StillCluster): readonly ReplicaSet[] {
  return objects.list('apps/replicasets', NAMESPACE).toSorted((a, b) => revisionOf(a) - revisionOf(b));
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision']);
}

function change(cluster: StillCluster, spec: JsonObject): void {
  const current = web(cluster);
  cluster.api.update('apps/deployments', { ...current, spec: { ...current.spec, ...spec } });
}

function setImage(cluster: StillCluster, image: string): void {
  const { template } = web(cluster).spec;
  const containers = template.spec.containers.map((container) => ({ ...container, image }));
  change(cluster, { template: { ...template, spec: { ...template.spec, containers } } });
}

function conditionsOf({ status }: { readonly status?: { readonly conditions?: Json } }): JsonObject[] {
  // The conditions in the status of a Deployment.
  return (status?.conditions ?? []) as unknown as JsonObject[];
}

describe('a new Deployment', () => {
  it('has a ReplicaSet named after its template, and pods named after that', async () => {
    const cluster = await withWeb();
    const [set] = setsOf(cluster);
    expect(set?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]+$/);
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    const pods = podsOf(cluster, WEB);
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod.metadata.name).toMatch(new RegExp(`^web-${hash}-[bcdfghjklmnpqrstvwxz2456789]{5}$`));
      expect(pod.metadata.labels).toEqual({ app: 'web', 'pod-template-hash': hash });
      expect(pod.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: set?.metadata.name }]);
    }
  });

  it('reports the status that `kubectl rollout status` expects', async () => {
    const cluster = await withWeb();
    const { status, metadata } = web(cluster);
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(metadata.generation).toBe(1);
    expect(status).not.toHaveProperty('unavailableReplicas');
    expect(conditionsOf(web(cluster))).toMatchObject([
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${setsOf(cluster)[0]?.metadata.name}" has successfully progressed.`,
      },
    ]);
    expect(metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' });
  });

  it('adopts pods that its ReplicaSet selects and that have no controller', async () => {
    const cluster = await withWeb({ name: 'web', replicas: 2 });
    const [pod] = podsOf(cluster, WEB);
    if (!pod) throw new Error('no pod');
    const { ownerReferences: _, ...metadata } = pod.metadata;
    cluster.api.update('/pods', { ...pod, metadata });
    await cluster.pass();
    const owners = podsOf(cluster, WEB).map((each) => each.metadata.ownerReferences?.[0]?.kind);
    expect(owners).toEqual(['ReplicaSet', 'ReplicaSet']);
  });

  it('releases a pod whose labels change, and creates another', async () => {
    const cluster = await withWeb({ name: 'web', replicas: 2 });
    const [pod] = podsOf(cluster, WEB);
    if (!pod) throw new Error('no pod');
    cluster.api.update('/pods', { ...pod, metadata: { ...pod.metadata, labels: { app: 'apart' } } });
    await cluster.pass();
    expect(podsOf(cluster, WEB)).toHaveLength(2);
    expect(podsOf(cluster, { app: 'apart' })[0]?.metadata).not.toHaveProperty('ownerReferences.0');
  });
});

describe('scaling', () => {
  it('scales up and down', async () => {
    const cluster = await withWeb();
    change(cluster, { replicas: 5 });
    await cluster.pass();
    expect(podsOf(cluster, WEB)).toHaveLength(5);
    change(cluster, { replicas: 1 });
    await cluster.pass();
    expect(podsOf(cluster, WEB)).toHaveLength(1);
    expect(web(cluster).status).toMatchObject({ replicas: 1, availableReplicas: 1 });
  });

  it('removes unready pods first', async () => {
    const cluster = await withWeb();
    const [first] = podsOf(cluster, WEB);
    if (!first) throw new Error('no pod');
    const annotations = { 'kubesim.catamaran.dev/ready': 'false' };
    cluster.api.update('/pods', { ...first, metadata: { ...first.metadata, annotations } });
    await cluster.pass();
    expect(web(cluster).status).toMatchObject({ readyReplicas: 2, unavailableReplicas: 1 });
    change(cluster, { replicas: 2 });
    await cluster.pass();
    expect(podsOf(cluster, WEB).map(({ metadata }) => metadata.name)).not.toContain(first.metadata.name);
  });

  it('replaces a deleted pod', async () => {
    const cluster = await withWeb();
    const [first] = podsOf(cluster, WEB);
    if (!first) throw new Error('no pod');
    cluster.objects.delete('/pods', first);
    await cluster.pass();
    const names = podsOf(cluster, WEB).map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(3);
    expect(names).not.toContain(first.metadata.name);
  });

  it('during a rollout is proportional for both templates', async () => {
    const cluster = await withWeb({
      name: 'web',
      replicas: 10,
      spec: { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } },
    });
    // The new pods never become ready, so the rollout does not proceed.
    const { template } = web(cluster).spec;
    const marked = { ...template.metadata, annotations: { 'kubesim.catamaran.dev/ready': 'false' } };
    change(cluster, { template: { ...template, metadata: marked } });
    await cluster.pass();
    expect(setsOf(cluster).map(({ spec }) => spec.replicas)).toEqual([8, 5]);
    change(cluster, { replicas: 15 });
    await cluster.pass();
    expect(setsOf(cluster).map(({ spec }) => spec.replicas)).toEqual([11, 7]);
  });
});

describe('a new template', () => {
  it('replaces all pods, keeps the old ReplicaSet, and counts revisions', async () => {
    const cluster = await withWeb();
    setImage(cluster, 'app:2');
    await cluster.pass();
    expect(podsOf(cluster, WEB).map(({ spec }) => spec.containers[0]?.image)).toEqual(['app:2', 'app:2', 'app:2']);
    expect(setsOf(cluster).map((set) => [revisionOf(set), set.spec.replicas])).toEqual([
      [1, 0],
      [2, 3],
    ]);
    expect(web(cluster).metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' });
  });

  it('that existed before reuses its ReplicaSet, as with `kubectl rollout undo`', async () => {
    const cluster = await withWeb();
    const [first] = setsOf(cluster);
    setImage(cluster, 'app:2');
    await cluster.pass();
    setImage(cluster, 'app:1');
    await cluster.pass();
    const sets = setsOf(cluster);
    expect(sets).toHaveLength(2);
    expect(sets[1]?.metadata.name).toBe(first?.metadata.name);
    expect(sets[1]?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(sets[1]?.spec.replicas).toBe(3);
  });

  it('with Recreate waits until all old pods have been removed', async () => {
    const cluster = await withWeb({ name: 'web', replicas: 2, spec: { strategy: { type: 'Recreate' } } });
    setImage(cluster, 'app:2');
    const images = () => new Set(podsOf(cluster, WEB).map(({ spec }) => spec.containers[0]?.image));
    for (let i = 0; i < 40; i++) {
      await cluster.pass(50);
      expect(images().size).toBeLessThan(2);
    }
    expect([...images()]).toEqual(['app:2']);
    expect(web(cluster).status).toMatchObject({ availableReplicas: 2 });
  });

  it('is not rolled out while the Deployment is paused', async () => {
    const cluster = await withWeb();
    change(cluster, { paused: true });
    await cluster.pass();
    setImage(cluster, 'app:2');
    await cluster.pass();
    expect(podsOf(cluster, WEB).map(({ spec }) => spec.containers[0]?.image)).toEqual(['app:1', 'app:1', 'app:1']);
    expect(conditionsOf(web(cluster))).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused' }),
    );
    change(cluster, { paused: false });
    await cluster.pass();
    expect(podsOf(cluster, WEB).map(({ spec }) => spec.containers[0]?.image)).toEqual(['app:2', 'app:2', 'app:2']);
  });

  it('is reported as failed if it misses the progress deadline', async () => {
    const cluster = await withWeb({ name: 'web', spec: { progressDeadlineSeconds: 60 } });
    const { template } = web(cluster).spec;
    const marked = { ...template.metadata, annotations: { 'kubesim.catamaran.dev/ready': 'false' } };
    change(cluster, { template: { ...template, metadata: marked } });
    await cluster.pass(59_000);
    expect(conditionsOf(web(cluster))).not.toContainEqual(
      expect.objectContaining({ reason: 'ProgressDeadlineExceeded' }),
    );
    await cluster.pass(3000);
    expect(conditionsOf(web(cluster))).toContainEqual(
      expect.objectContaining({
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `ReplicaSet "${setsOf(cluster)[1]?.metadata.name}" has timed out progressing.`,
      }),
    );
  });

  it('keeps old ReplicaSets up to the revision history limit', async () => {
    const cluster = await withWeb({ name: 'web', spec: { revisionHistoryLimit: 1 } });
    for (const image of ['app:2', 'app:3', 'app:4']) {
      setImage(cluster, image);
      await cluster.pass();
    }
    expect(setsOf(cluster).map(revisionOf)).toEqual([3, 4]);
  });

  it('reports why pods cannot be created', async () => {
    const cluster = await stillCluster();
    const missing = { volumeMounts: [{ name: 'nothing', mountPath: '/x' }] };
    expect(() => cluster.api.create('apps/deployments', deployment({ name: 'web', container: missing }))).toThrow(
      /volumeMounts\[0\]\.name/,
    );
  });
});

describe('a rolling update', () => {
  it('stays within maxUnavailable and maxSurge', async () => {
    const steps = fc.record({
      replicas: fc.integer({ min: 1, max: 8 }),
      maxSurge: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('0%', '25%', '50%', '100%')),
      maxUnavailable: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('0%', '25%', '50%', '100%')),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(steps, async ({ replicas, maxSurge, maxUnavailable, seed }) => {
        // The API server rejects both being 0.
        fc.pre(!(/^0%?$/.test(`${maxSurge}`) && /^0%?$/.test(`${maxUnavailable}`)));
        const cluster = await stillCluster(seed);
        const rollingUpdate = { maxSurge, maxUnavailable };
        cluster.api.create(
          'apps/deployments',
          deployment({ name: 'web', replicas, spec: { strategy: { rollingUpdate } } }),
        );
        await cluster.pass();
        const pods = (value: number | string, round: (n: number) => number) =>
          typeof value === 'number' ? value : round((Number.parseInt(value, 10) * replicas) / 100);
        const surge = pods(maxSurge, Math.ceil);
        const missing = pods(maxUnavailable, Math.floor) || (surge === 0 ? 1 : 0);
        const seen: [number, number][] = [];
        cluster.api.subscribe(() => {
          const active = podsOf(cluster, WEB).filter(isActive);
          seen.push([active.filter(isReady).length, active.length]);
        }, new AbortController().signal);
        setImage(cluster, 'app:2');
        await cluster.pass(60_000);
        expect(web(cluster).status).toMatchObject({ updatedReplicas: replicas, availableReplicas: replicas });
        expect(Math.min(...seen.map(([available]) => available))).toBeGreaterThanOrEqual(replicas - missing);
        expect(Math.max(...seen.map(([, active]) => active))).toBeLessThanOrEqual(replicas + surge);
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});

it('processes the same keys in the same order in every run', async () => {
  const run = async (): Promise<string[]> => {
    const cluster = await stillCluster(7);
    const seen: string[] = [];
    cluster.api.subscribe(({ resource, object, old }) => {
      seen.push(`${resource} ${(object ?? old)?.metadata.name} ${object?.metadata.resourceVersion}`);
    }, new AbortController().signal);
    cluster.api.create('/services', service('web'));
    cluster.api.create('apps/deployments', deployment({ name: 'web', replicas: 4 }));
    await cluster.pass();
    setImage(cluster, 'app:2');
    await cluster.pass();
    return seen;
  };
  expect(await run()).toEqual(await run());
});

it('does not write without changes, regardless of time', async () => {
  const cluster = await withWeb();
  cluster.api.create('/services', service('web'));
  await cluster.pass();
  // The initial Events expire, which is one write each.
  await cluster.pass(3_600_000);
  const before = cluster.server.version();
  await cluster.pass(3_600_000);
  expect(cluster.server.version()).toBe(before);
  expect(cluster.log.lines).toEqual([]);
});
