import type { Cluster } from './cluster.ts';
import { settingsOf } from './cluster-ranges.ts';
import { endingWith } from './ending.ts';
import { silentLogger } from './machinery/silent-logger.ts';
import { systemClock } from './machinery/system-clock.ts';
import { startNetwork } from './network/index.ts';
import type { Network } from './network/network.ts';
import { openCluster } from './open-cluster.ts';
import { type ClustersOptions, checkClustersOptions } from './options.ts';
import type { RunningCluster } from './running-cluster.ts';
import { randomToken } from './start-cluster.ts';

/** Running clusters. They end with `await using`, {@link Clusters.close}, or the abort signal passed at start. */
export interface Clusters extends AsyncDisposable {
  readonly clusters: readonly Cluster[];
  readonly network: Network;
  close(): Promise<void>;
}

/**
 * Starts clusters within this process, and a network that connects their pods. If it rejects, everything is cleaned up.
 *
 * @throws OptionError for an invalid option, ListenError if the port of a proxy is in use.
 */
export async function startClusters(options: ClustersOptions): Promise<Clusters> {
  checkClustersOptions(options);
  const { clusters: count, proxyPort = 0, clusterSetZone, crds = [], workloads = true, signal } = options;
  const { clock = systemClock, random = Math.random, logger = silentLogger } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const opened: RunningCluster[] = [];
  const close = async (): Promise<void> => {
    stop.abort();
    await Promise.all(opened.map((cluster) => cluster.close()));
  };
  try {
    const opening = Array.from({ length: count }, async (_, index) => {
      const settings = settingsOf(index + 1);
      opened[index] = await openCluster({ settings, token: randomToken(), crds, workloads, clock, random, logger });
    });
    // Wait for all before cleaning up after a failure.
    await Promise.allSettled(opening);
    await Promise.all(opening);
    const network = await startNetwork(
      {
        clusters: opened.map((cluster, index) => ({
          api: cluster.api,
          proxyPort: proxyPort === 0 ? 0 : proxyPort + index,
          provideStreams: (handlers) => cluster.provideStreams(handlers),
          ...(cluster.logs && { logs: cluster.logs }),
        })),
        ...(clusterSetZone && { clusterSetZone }),
        clock,
        random,
        logger,
      },
      stop.signal,
    );
    const running: Clusters = { clusters: opened, network, close, [Symbol.asyncDispose]: close };
    return await endingWith(signal, running, stop.signal);
  } catch (error) {
    await close();
    throw error;
  }
}
