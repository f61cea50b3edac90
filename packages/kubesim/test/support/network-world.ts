/** Networked clusters on the system clock, and curl. */
import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { StreamHandler } from '../../src/apiserver/streams/process-streams.ts';
import type { Clock } from '../../src/machinery/runtime.ts';
import { systemClock } from '../../src/machinery/system-clock.ts';
import { type NetworkOptions, startNetwork } from '../../src/network/index.ts';
import type { Network } from '../../src/network/network.ts';
import { recordingLogger } from './recording-logger.ts';
import { seeded } from './seeded.ts';
import { startCluster, type TestCluster } from './workload-cluster.ts';

export interface World {
  readonly cluster1: TestCluster;
  readonly cluster2: TestCluster;
  readonly network: Network;
  /** Output of curl through the proxy of a cluster, or its error message. */
  curl(cluster: string, ...args: readonly string[]): Promise<string>;
  /** Runs a command in a pod, in `default` unless given as `namespace/pod`; its output, errors and exit code. */
  exec(cluster: string, pod: string, command: readonly string[], typed?: Typed): Promise<Ran>;
  /** Attaches to a pod. */
  attach(cluster: string, pod: string, typed?: Typed): Promise<Ran>;
}

/** What a user types, and whether into a terminal. */
export interface Typed {
  readonly stdin?: string;
  readonly tty?: boolean;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WorldOptions extends Pick<NetworkOptions, 'clusterSetZone'> {
  readonly clock?: Clock;
}

/** Starts two clusters, which are closed after the test. */
export async function startWorld({ clock = systemClock, clusterSetZone }: WorldOptions = {}): Promise<World> {
  const [cluster1, cluster2] = [startCluster(1, clock), startCluster(2, clock)];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const streams = new Map<string, ReadonlyMap<string, StreamHandler>>();
  const network = await startNetwork(
    {
      clusters: [cluster1, cluster2].map(({ api, workloads }) => ({
        api,
        logs: workloads.logs,
        proxyPort: 0,
        provideStreams: (handlers) => streams.set(api.settings.name, handlers),
      })),
      ...(clusterSetZone && { clusterSetZone }),
      clock,
      random: seeded(),
      logger: recordingLogger(),
    },
    end.signal,
  );
  await Promise.all([cluster1.workloads.idle(), cluster2.workloads.idle()]);
  const curl: World['curl'] = (cluster, ...args) =>
    new Promise((resolve) => {
      const [user, name = ''] = cluster.includes('@') ? cluster.split('@') : ['', cluster];
      const proxy = `socks5h://${user ? `${user}@` : ''}127.0.0.1:${network.proxies.get(name)}`;
      execFile('curl', ['-sS', '--max-time', '10', '--proxy', proxy, ...args], (_, stdout, stderr) =>
        resolve(stdout || stderr),
      );
    });
  const start = async (cluster: string, pod: string, subresource: string, query: string, typed: Typed = {}) => {
    const [namespace = '', name = ''] = pod.includes('/') ? pod.split('/') : ['default', pod];
    const { api } = cluster === 'cluster1' ? cluster1 : cluster2;
    const object = api.get('/pods', { namespace, name });
    const handler = streams.get(cluster)?.get(`/pods/${subresource}`);
    if (!object || !handler) throw new Error(`${cluster}: pod ${pod} not found, or no ${subresource}`);
    const ran = { stdout: '', stderr: '' };
    const code = await handler(
      object,
      new URLSearchParams(query),
    )({
      stdin: Readable.from(typed.stdin === undefined ? [] : [Buffer.from(typed.stdin)]),
      tty: typed.tty ?? false,
      stdout: (text) => {
        ran.stdout += text;
      },
      stderr: (text) => {
        ran.stderr += text;
      },
    });
    return { code, ...ran };
  };
  const exec: World['exec'] = (cluster, pod, command, typed) => {
    const query = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
    return start(cluster, pod, 'exec', query, typed);
  };
  const attach: World['attach'] = (cluster, pod, typed) => start(cluster, pod, 'attach', '', typed);
  return { cluster1, cluster2, network, curl, exec, attach };
}
