import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, StringMap } from '../../src/machinery/json.ts';
import type { Pod, Slice } from '../../src/workloads/kinds.ts';
import {
  deployment,
  endpointsOf,
  NAMESPACE,
  podsOf,
  type StillCluster,
  service,
  slicesOf,
  statefulSet,
  stillCluster,
} from '../support/workload-cluster.ts';

const UNREADY = { 'kubesim.catamaran.dev/ready': 'false' };

function pod(name: string, labels: StringMap, metadata: JsonObject = {}, container: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels, ...metadata },
    spec: { containers: [{ name: 'main', image: 'app:1', ...container }] },
  };
}

function scale(cluster: StillCluster, replicas: number): void {
  const found = cluster.objects.get('apps/deployments', NAMESPACE, 'web');
  if (found) cluster.api.update('apps/deployments', { ...found, spec: { ...found.spec, replicas } });
}

function annotate(cluster: StillCluster, { metadata }: Pod, annotations: StringMap): void {
  const now = cluster.objects.get('/pods', NAMESPACE, metadata.name);
  if (now) cluster.api.update('/pods', { ...now, metadata: { ...now.metadata, annotations } });
}

async function withWeb(replicas: number, spec: JsonObject = {}) {
  const cluster = await stillCluster();
  cluster.api.create('/services', service('web', spec));
  cluster.api.create('apps/deployments', deployment({ name: 'web', replicas }));
  await cluster.pass();
  return cluster;
}

function sizes(slices: readonly Slice[]): number[] {
  return slices.map(({ endpoints }) => (endpoints ?? []).length).sort((a, b) => b - a);
}

describe('a slice', () => {
  it('has the form that Kubernetes creates', async () => {
    const cluster = await withWeb(1);
    const [web] = podsOf(cluster, { app: 'web' });
    const owner = cluster.objects.get('/services', NAMESPACE, 'web');
    const [slice] = slicesOf(cluster, 'web');
    expect(slice).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
        generateName: 'web-',
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:05Z' },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            name: 'web',
            uid: owner?.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    expect(slice?.endpoints).toEqual([
      {
        addresses: [web?.status?.podIP],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: web?.spec.nodeName,
        targetRef: { kind: 'Pod', namespace: NAMESPACE, name: web?.metadata.name, uid: web?.metadata.uid },
        zone: expect.stringMatching(/^zone-[ab]$/),
      },
    ]);
  });

  it('without endpoints exists for a Service without pods', async () => {
    const cluster = await withWeb(0);
    const slices = slicesOf(cluster, 'web');
    expect(slices).toHaveLength(1);
    expect(slices[0]).toMatchObject({ endpoints: null, ports: null });
  });

  it('exists for each family of a dual-stack Service', async () => {
    const cluster = await withWeb(1, { ipFamilyPolicy: 'RequireDualStack' });
    expect(
      slicesOf(cluster, 'web')
        .map(({ addressType }) => addressType)
        .sort(),
    ).toEqual(['IPv4', 'IPv6']);
    const ips = podsOf(cluster, { app: 'web' })[0]?.status?.podIPs?.map(({ ip }) => ip);
    expect(
      endpointsOf(cluster, 'web')
        .flatMap(({ addresses }) => addresses)
        .sort(),
    ).toEqual(ips?.toSorted());
  });

  it('has the label for headless Services, and the hostnames of a StatefulSet', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/services', service('db', { clusterIP: 'None' }));
    cluster.api.create('apps/statefulsets', statefulSet({ name: 'db', replicas: 2 }));
    await cluster.pass();
    expect(slicesOf(cluster, 'db')[0]?.metadata.labels).toMatchObject({ 'service.kubernetes.io/headless': '' });
    expect(endpointsOf(cluster, 'db').map(({ hostname }) => hostname)).toEqual(['db-0', 'db-1']);
  });

  it('is not managed if the Service has no selector', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'bare', namespace: NAMESPACE },
      spec: { ports: [{ port: 80 }] },
    });
    await cluster.pass();
    expect(slicesOf(cluster, 'bare')).toEqual([]);
    expect(cluster.objects.get('/endpoints', NAMESPACE, 'bare')).toBeUndefined();
  });

  it('is restored after changes or deletion by another client', async () => {
    const cluster = await withWeb(2);
    const [slice] = slicesOf(cluster, 'web');
    if (!slice) throw new Error('no slice');
    cluster.api.update('discovery.k8s.io/endpointslices', { ...slice, endpoints: [] });
    await cluster.pass();
    expect(endpointsOf(cluster, 'web')).toHaveLength(2);
    const [again] = slicesOf(cluster, 'web');
    if (again) cluster.objects.delete('discovery.k8s.io/endpointslices', again);
    await cluster.pass();
    expect(endpointsOf(cluster, 'web')).toHaveLength(2);
  });
});

describe('conditions', () => {
  it('follow the readiness of pods', async () => {
    const cluster = await withWeb(2);
    const [first] = podsOf(cluster, { app: 'web' });
    if (!first) throw new Error('no pod');
    annotate(cluster, first, UNREADY);
    await cluster.pass();
    expect(
      endpointsOf(cluster, 'web')
        .map(({ conditions }) => conditions?.ready)
        .sort(),
    ).toEqual([false, true]);
  });

  it('report that a terminating pod still serves', async () => {
    const cluster = await withWeb(1);
    const [first] = podsOf(cluster, { app: 'web' });
    if (!first) throw new Error('no pod');
    cluster.objects.delete('/pods', first);
    await cluster.workloads.idle();
    const leaving = endpointsOf(cluster, 'web').find(({ targetRef }) => targetRef?.uid === first.metadata.uid);
    expect(leaving?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    await cluster.pass();
    expect(endpointsOf(cluster, 'web').map(({ targetRef }) => targetRef?.uid)).not.toContain(first.metadata.uid);
  });

  it('are always ready with publishNotReadyAddresses', async () => {
    const cluster = await withWeb(1, { publishNotReadyAddresses: true });
    const [first] = podsOf(cluster, { app: 'web' });
    if (!first) throw new Error('no pod');
    annotate(cluster, first, UNREADY);
    await cluster.pass();
    expect(endpointsOf(cluster, 'web')[0]?.conditions).toEqual({ ready: true, serving: false, terminating: false });
  });
});

describe('ports', () => {
  it('with names are resolved per pod', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/services', service('web', { ports: [{ name: 'http', port: 80, targetPort: 'web' }] }));
    const ports = (containerPort: number) => ({ ports: [{ name: 'web', containerPort }] });
    cluster.api.create('/pods', pod('a', { app: 'web' }, {}, ports(8080)));
    cluster.api.create('/pods', pod('b', { app: 'web' }, {}, ports(9090)));
    cluster.api.create('/pods', pod('c', { app: 'web' }));
    await cluster.pass();
    const seen = slicesOf(cluster, 'web').map(({ ports: own, endpoints }) => [
      own?.map(({ port }) => port) ?? [],
      endpoints?.map(({ targetRef }) => targetRef?.name),
    ]);
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(
      expect.arrayContaining([
        [[8080], ['a']],
        [[9090], ['b']],
        [[], ['c']],
      ]),
    );
  });
});

describe('many pods', () => {
  it('are distributed over the minimum number of slices, 100 each', async () => {
    const cluster = await withWeb(250);
    expect(sizes(slicesOf(cluster, 'web'))).toEqual([100, 100, 50]);
  });

  it('do not affect slices that they are not in', async () => {
    const cluster = await withWeb(250);
    const versions = () =>
      new Map(slicesOf(cluster, 'web').map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    const before = versions();
    const [slice] = slicesOf(cluster, 'web');
    const name = slice?.endpoints?.[0]?.targetRef?.name ?? '';
    const found = cluster.objects.get('/pods', NAMESPACE, name);
    if (!found) throw new Error('no pod');
    annotate(cluster, found, UNREADY);
    await cluster.pass();
    const changed = [...versions()].filter(([key, version]) => before.get(key) !== version).map(([key]) => key);
    expect(changed).toEqual([slice?.metadata.name]);
  });

  it('fill existing slices before a new one is created', async () => {
    const cluster = await withWeb(150);
    const names = new Set(slicesOf(cluster, 'web').map(({ metadata }) => metadata.name));
    scale(cluster, 190);
    await cluster.pass();
    expect(new Set(slicesOf(cluster, 'web').map(({ metadata }) => metadata.name))).toEqual(names);
    expect(sizes(slicesOf(cluster, 'web'))).toEqual([100, 90]);
  });
});

describe('trafficDistribution', () => {
  it('hints each ready endpoint for its own zone', async () => {
    const cluster = await withWeb(2, { trafficDistribution: 'PreferClose' });
    for (const { zone, hints } of endpointsOf(cluster, 'web')) expect(hints).toEqual({ forZones: [{ name: zone }] });
    const found = cluster.objects.get('/services', NAMESPACE, 'web');
    if (!found) throw new Error('no Service');
    const { trafficDistribution: _, ...spec } = found.spec;
    cluster.api.update('/services', { ...found, spec });
    await cluster.pass();
    for (const { hints } of endpointsOf(cluster, 'web')) expect(hints).toBeUndefined();
  });
});

it('keeps the Endpoints object that `kubectl get endpoints` shows', async () => {
  const cluster = await withWeb(2);
  const [first, second] = podsOf(cluster, { app: 'web' });
  if (!first || !second) throw new Error('no pods');
  annotate(cluster, first, UNREADY);
  await cluster.pass();
  const address = ({ metadata, spec, status }: Pod) => ({
    ip: status?.podIP,
    nodeName: spec.nodeName,
    targetRef: { kind: 'Pod', namespace: NAMESPACE, name: metadata.name, uid: metadata.uid },
  });
  expect(cluster.objects.get('/endpoints', NAMESPACE, 'web')).toMatchObject({
    metadata: { labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
    subsets: [
      {
        addresses: [address(second)],
        notReadyAddresses: [address(first)],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ],
  });
});

/** Actions of a user on the pods and the Service. */
const STEP = fc.oneof(
  fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 120 }) }),
  fc.record({
    do: fc.constantFrom('remove', 'unready', 'relabel', 'force'),
    at: fc.nat(),
    count: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ do: fc.constant('selector' as const), tier: fc.constantFrom('a', 'b') }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 300 }) }),
);

it('after any sequence of changes the slices are the set of matching pods', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 12 }), fc.integer(), async (steps, seed) => {
      const cluster = await stillCluster(seed);
      cluster.api.create('/services', service('web', { selector: { app: 'web', tier: 'a' } }));
      let made = 0;
      for (const step of steps) {
        if (step.do === 'add') {
          for (let i = 0; i < step.count; i++) {
            cluster.api.create('/pods', pod(`pod-${made++}`, { app: 'web', tier: made % 3 === 0 ? 'b' : 'a' }));
          }
        } else if (step.do === 'selector') {
          const found = cluster.objects.get('/services', NAMESPACE, 'web');
          if (found) {
            const spec = { ...found.spec, selector: { app: 'web', tier: step.tier } };
            cluster.api.update('/services', { ...found, spec });
          }
        } else if (step.do === 'wait') {
          await cluster.pass(step.ms);
        } else {
          const pods = podsOf(cluster, { app: 'web' });
          for (let i = 0; i < step.count && pods.length > 0; i++) {
            const chosen = pods[(step.at + i) % pods.length];
            const now = chosen && cluster.objects.get('/pods', NAMESPACE, chosen.metadata.name);
            if (!now) continue;
            if (step.do === 'remove') cluster.objects.delete('/pods', now);
            else if (step.do === 'force') cluster.objects.delete('/pods', now, 0);
            else if (step.do === 'unready') annotate(cluster, now, UNREADY);
            else {
              const labels = { app: 'web', tier: now.metadata.labels?.tier === 'a' ? 'b' : 'a' };
              cluster.api.update('/pods', { ...now, metadata: { ...now.metadata, labels } });
            }
          }
        }
      }
      await cluster.pass();
      const tier = cluster.objects.get('/services', NAMESPACE, 'web')?.spec.selector?.tier ?? '';
      const wanted = podsOf(cluster, { app: 'web', tier }).map(({ metadata, status }) => [
        status?.podIP,
        metadata.name,
        metadata.annotations?.['kubesim.catamaran.dev/ready'] !== 'false',
      ]);
      const found = endpointsOf(cluster, 'web').map(({ addresses, targetRef, conditions }) => [
        addresses[0],
        targetRef?.name,
        conditions?.ready,
      ]);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      const slices = slicesOf(cluster, 'web');
      expect(Math.max(...sizes(slices))).toBeLessThanOrEqual(100);
      expect(cluster.log.lines).toEqual([]);
    }),
    { numRuns: 25 },
  );
}, 60_000);
