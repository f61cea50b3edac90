/** SIGKILL at each write of a reconcile: the next controller completes what is half done, and nothing is lost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESOURCES } from '../../src/api/resources.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { WriteProxy } from './killer.ts';
import { addresses, condition, fleetYaml, held } from './running-fleet.ts';

/** More writes than one export causes in two members. */
const MOST_WRITES = 40;

let clusters: readonly Cluster[];
let dir: string;
let config: string;
let proxies: readonly WriteProxy[];
let controller: ChildProcess | undefined;

/** When to kill: after `left` writes. */
let fuse: { readonly when: 'before' | 'after'; left: number } | undefined;
let killed: string | undefined;

function onWrite(when: 'before' | 'after', what: string): void {
  if (!fuse || fuse.when !== when || --fuse.left > 0) return;
  fuse = undefined;
  killed = what;
  controller?.kill('SIGKILL');
}

function start(): ChildProcess {
  const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
  const args = ['run', '--config', config, '--kubeconfig-trust', 'user', '--listen', 'none', '--log-level', 'error'];
  controller = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return controller;
}

async function stop(): Promise<void> {
  if (!controller || controller.exitCode !== null || controller.signalCode !== null) return;
  controller.kill('SIGTERM');
  await once(controller, 'exit');
}

beforeAll(async () => {
  const [first, second] = await sharedClusters();
  clusters = [first, second];
  dir = await mkdtemp(join(tmpdir(), 'catamaran-crash-'));
  config = join(dir, 'fleet.yaml');
  proxies = clusters.map(({ plane }) => new WriteProxy(plane, onWrite));
  const servers = await Promise.all(proxies.map((proxy) => proxy.open()));
  const members: Record<string, { kubeconfig: string }> = {};
  for (const [index, { name, plane }] of clusters.entries()) {
    const kubeconfig = join(dir, `${name}.kubeconfig`);
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': name,
        clusters: [{ name, cluster: { server: servers[index] } }],
        users: [{ name, user: { token: plane.token } }],
        contexts: [{ name, context: { cluster: name, user: name } }],
      }),
    );
    members[name] = { kubeconfig };
  }
  await writeFile(config, fleetYaml(clusters, { members }));
});

afterAll(async () => {
  await stop();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await rm(dir, { recursive: true, force: true });
});

/** The final state of both clusters, without what differs between names. */
async function endState(ns: string, name: string): Promise<unknown> {
  const both = await Promise.all(clusters.map((cluster) => held(cluster, ns, name)));
  return both.map(({ import: imported, export: exported, derived, slices }) => ({
    ready: condition(imported, 'Ready')?.reason,
    clusters: imported?.status?.clusters,
    ips: imported?.spec.ips?.length,
    sameIps: JSON.stringify(imported?.spec.ips) === JSON.stringify(derived?.spec.clusterIPs),
    conditions: exported?.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    owned: [derived, ...slices].map((object) => object?.metadata.ownerReferences?.[0]?.uid === imported?.metadata.uid),
    addresses: slices.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => endpoint.addresses)),
  }));
}

const DONE = [
  {
    ready: 'Ready',
    clusters: [{ cluster: 'cluster1' }],
    ips: 1,
    sameIps: true,
    conditions: [
      ['Valid', 'True', 'Valid'],
      ['Ready', 'True', 'Exported'],
      ['Conflict', 'False', 'NoConflicts'],
    ],
    owned: [true, true],
    addresses: ['10.1.9.9'],
  },
  {
    ready: 'Ready',
    clusters: [{ cluster: 'cluster1' }],
    ips: 1,
    sameIps: true,
    conditions: undefined,
    owned: [true, true],
    addresses: ['10.1.9.9'],
  },
];

describe('a controller that is killed', () => {
  // Alternates between before a write is forwarded and after its response; the model in test/unit/core covers both.
  it('at any of its writes is completed by the next one', async () => {
    const ns = await freshNamespace(clusters, 'crash');
    const [first, second] = clusters;
    if (!first || !second) throw new Error('two clusters are needed');
    const expose = (name: string, address: string) =>
      first.apply(service(ns, name), slice(ns, name, `${name}-a`, [address]), serviceExport(ns, name));

    start();
    await expose('steady', '10.1.9.1');
    await eventually(async () => expect(await addresses(second, ns, 'steady')).toEqual(['10.1.9.1']));
    const removals: string[] = [];
    const watching = new AbortController();
    const watch = (async () => {
      const { resourceVersion } = await second.client.list(RESOURCES.endpointSlices, { namespace: ns });
      const events = second.client.watch(RESOURCES.endpointSlices, {
        namespace: ns,
        resourceVersion,
        timeoutSeconds: 600,
        signal: watching.signal,
      });
      for await (const { type, object } of events) if (type === 'DELETED') removals.push(JSON.stringify(object));
    })().catch(() => {});

    let write = 0;
    for (; write < MOST_WRITES; write++) {
      const when = write % 2 === 0 ? 'before' : 'after';
      killed = undefined;
      fuse = { when, left: write + 1 };
      const name = `crash-${write}`;
      await expose(name, '10.1.9.9');
      const finished = await eventually(async () => {
        if (killed !== undefined) return false;
        expect(await endState(ns, name)).toEqual(DONE);
        return true;
      });
      if (finished) break;
      if (controller?.signalCode === null) await once(controller, 'exit');
      start();
      await eventually(async () => expect(await endState(ns, name), `killed ${when} ${killed}`).toEqual(DONE));
    }
    fuse = undefined;
    // An export causes a status in cluster1, and in each of the two an import, a Service, a slice, IPs and a status: 11.
    // The effect of the last one can be observed before the proxy has its response.
    expect(write).toBeGreaterThanOrEqual(10);
    expect(write).toBeLessThan(MOST_WRITES);
    expect(await addresses(second, ns, 'steady')).toEqual(['10.1.9.1']);
    watching.abort();
    await watch;
    expect(removals).toEqual([]);
    await stop();
    // Twelve processes, one after the other.
  }, 240_000);
});
