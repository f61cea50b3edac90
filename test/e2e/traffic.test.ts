/**
 * Continuous requests while pods, API servers and controllers are stopped and started. The Service is in cluster1. The
 * remote client, in cluster2, uses amcs-web; the local client, in cluster1, uses the Service itself. Requests of the
 * remote client may fail only when local ones fail too.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Catamaran, startCatamaran } from './catamaran.ts';
import { type Cluster, eventually, installCRDs, type OpenLab, openLab, removeNamespaces } from './lab.ts';
import { namespace, service, serviceExport, webDemo } from './manifests.ts';
import {
  excess,
  failed,
  longestGap,
  REQUEST_TIMEOUT_MS,
  type Request,
  requester,
  requestsOf,
  summary,
} from './requests.ts';

const NS = 'traffic';
// kube-proxy batches changes for up to a second.
const TOLERANCE_MS = 2_000;
// After an outage of a minute, scheduler and kubelet may take up to another minute each to reconnect: client-go doubles
// its backoff up to 30 s, with a jitter of up to the same.
const POD_READY = '--timeout=180s';

let opened: OpenLab;
let cluster1: Cluster;
let cluster2: Cluster;
let catamaran: Catamaran;
let replica: Catamaran | undefined;
const start = (): Promise<Catamaran> => startCatamaran(opened.lab, opened.lab.clusters);

beforeAll(async () => {
  opened = await openLab();
  ({ cluster1, cluster2 } = opened);
  await removeNamespaces(opened.clusters, NS);
  await installCRDs(opened.clusters);
  for (const cluster of opened.clusters) await cluster.apply(namespace(NS));
  catamaran = await start();
  await cluster1.apply(
    webDemo({ namespace: NS, name: 'web', env: 'cluster1', replicas: 4 }),
    service(NS, 'web', { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
    serviceExport(NS, 'web'),
  );
  await cluster1.kubectl('-n', NS, 'rollout', 'status', 'deployment/web');
});

afterAll(async () => {
  await catamaran?.stop();
  await replica?.stop();
  await removeNamespaces(opened.clusters, NS);
});

let phase = 0;
const clientName = (): string => `client-${phase}`;

async function requests(cluster: Cluster, since: number): Promise<readonly Request[]> {
  return await requestsOf(cluster, NS, clientName(), since);
}

/** Waits until the last 100 requests of both clients have succeeded. */
async function untilReplies(since: number): Promise<void> {
  for (const cluster of [cluster1, cluster2]) {
    await eventually(async () => {
      const last = (await requests(cluster, since)).slice(-100);
      expect(last).toHaveLength(100);
      expect(failed(last)).toEqual([]);
    });
  }
}

/**
 * The requests of both clients from before some work until all requests succeed again; also prints a summary. The
 * clients are new pods: for two minutes, conntrack on a node keeps connections to a deleted pod, and would match a new
 * connection with the same addresses and ports. kube-proxy does not remove these entries in any cluster.
 */
async function during(
  what: string,
  work: () => Promise<void>,
): Promise<{ remote: readonly Request[]; local: readonly Request[] }> {
  phase += 1;
  await cluster1.apply(requester(NS, clientName(), `http://web.${NS}`));
  await cluster2.apply(requester(NS, clientName(), `http://amcs-web.${NS}`));
  for (const cluster of [cluster1, cluster2]) {
    await cluster.kubectl('-n', NS, 'wait', '--for=condition=Ready', POD_READY, `pod/${clientName()}`);
  }
  await untilReplies(0);
  const since = Date.now();
  await work();
  await untilReplies(Date.now());
  const [local, remote] = await Promise.all([requests(cluster1, since), requests(cluster2, since)]);
  process.stdout.write(`${what}\n  in cluster2: ${summary(remote)}\n  in cluster1: ${summary(local)}\n`);
  for (const cluster of [cluster1, cluster2]) await cluster.kubectl('-n', NS, 'delete', 'pod', clientName());
  return { remote, local };
}

/** Addresses of the ready endpoints of a Service, sorted. */
async function addresses(cluster: Cluster, serviceName: string): Promise<readonly string[]> {
  const found = await cluster.field(
    '-n',
    NS,
    'endpointslices',
    '-l',
    `kubernetes.io/service-name=${serviceName}`,
    '{range .items[*].endpoints[?(@.conditions.ready==true)]}{.addresses[0]} {end}',
  );
  return found.split(' ').filter(Boolean).sort();
}

/** Waits until both clusters have the same `count` endpoints. */
async function untilSame(count: number): Promise<void> {
  await eventually(async () => {
    const local = await addresses(cluster1, 'web');
    expect(local).toHaveLength(count);
    expect(await addresses(cluster2, 'amcs-web')).toEqual(local);
  });
}

async function scale(replicas: number): Promise<void> {
  await cluster1.kubectl('-n', NS, 'scale', 'deployment/web', `--replicas=${replicas}`);
}

it('a pod is deleted', async () => {
  const { remote, local } = await during('a pod is deleted', async () => {
    const [first = ''] = (await cluster1.field('-n', NS, 'pods', '-l', 'app=web', '{.items[*].metadata.name}')).split(
      ' ',
    );
    await cluster1.kubectl('-n', NS, 'delete', 'pod', first);
    await untilSame(4);
  });
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
});

it('the Deployment is scaled to 2, to 0 and to 4', async () => {
  const { remote, local } = await during('scaled 4 -> 2 -> 0 -> 4', async () => {
    for (const replicas of [2, 0]) {
      await scale(replicas);
      await untilSame(replicas);
    }
    const empty = Date.now();
    for (const cluster of [cluster1, cluster2]) {
      await eventually(async () => expect(failed(await requests(cluster, empty))).not.toEqual([]));
    }
    await scale(4);
    await untilSame(4);
  });
  expect(failed(local)).not.toEqual([]);
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
  // Plus one request that was sent to a pod just before it ended, and times out.
  expect(longestGap(remote)).toBeLessThan(longestGap(local) + REQUEST_TIMEOUT_MS + TOLERANCE_MS);
});

it('a rolling update', async () => {
  const { remote, local } = await during('a rolling update', async () => {
    await cluster1.kubectl('-n', NS, 'set', 'env', 'deployment/web', 'ENV_NAME=cluster1-new');
    await cluster1.kubectl('-n', NS, 'rollout', 'status', 'deployment/web');
    await untilSame(4);
  });
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
  expect(remote.at(-1)?.reply).toMatch(/cluster1-new/);
});

it('the API server of the exporting cluster is stopped for a minute', async () => {
  const { remote, local } = await during('the API server of the exporting cluster is stopped', async () => {
    const stopped = Date.now();
    await cluster1.lab.stopApiServer();
    const reachable = '{.status.conditions[?(@.type=="catamaran.dev/SourcesReachable")].status}';
    await eventually(async () =>
      expect(await cluster2.field('-n', NS, 'serviceimport', 'web', reachable)).toBe('False'),
    );
    await eventually(async () => {
      const last = (await requests(cluster2, stopped)).at(-1);
      expect(last?.end).toBeGreaterThan(stopped + 60_000);
    });
    await cluster1.lab.startApiServer();
    await eventually(async () =>
      expect(await cluster2.field('-n', NS, 'serviceimport', 'web', reachable)).not.toBe('False'),
    );
    await untilSame(4);
  });
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
});

it('the API server of the importing cluster is stopped until this is detected', async () => {
  const { remote, local } = await during('the API server of the importing cluster is stopped', async () => {
    await cluster2.lab.stopApiServer();
    await eventually(async () => expect(await catamaran.stateOf('cluster2')).toBe('unreachable'));
    await cluster2.lab.startApiServer();
    await eventually(async () => expect(await catamaran.stateOf('cluster2')).toBe('ready'));
    await untilSame(4);
  });
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
});

it('the controller is killed and restarted, and pods are added in between', async () => {
  const { remote, local } = await during('the controller is killed and restarted', async () => {
    await catamaran.stop('SIGKILL');
    await scale(5);
    await cluster1.kubectl('-n', NS, 'rollout', 'status', 'deployment/web');
    expect(await addresses(cluster2, 'amcs-web')).toHaveLength(4);
    catamaran = await start();
    await untilSame(5);
  });
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
});

it('a replica takes over from a controller that is killed', async () => {
  const { remote, local } = await during('a replica takes over', async () => {
    replica = await start();
    await catamaran.stop('SIGKILL');
    await scale(6);
    await untilSame(6);
  });
  expect(excess(remote, local, TOLERANCE_MS)).toEqual([]);
});
