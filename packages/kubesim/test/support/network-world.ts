/** Networked clusters on the system clock, and curl. */
import { execFile } from 'node:child_process';
import { onTestFinished } from 'vitest';
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
}

export interface WorldOptions extends Pick<NetworkOptions, 'clusterSetZone'> {
  readonly clock?: Clock;
}

/** Starts two clusters, which are closed after the test. */
export async function startWorld({ clock = systemClock, clusterSetZone }: WorldOptions = {}): Promise<World> {
  const [cluster1, cluster2] = [startCluster(1, clock), startCluster(2, clock)];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const network = await startNetwork(
    {
      clusters: [cluster1, cluster2].map(({ api, workloads }) => ({ api, logs: workloads.logs, proxyPort: 0 })),
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
  return { cluster1, cluster2, network, curl };
}
