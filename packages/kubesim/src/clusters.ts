/** Clusters on a laptop: API servers, their controllers and a network between them, in this process. */

import { makeCertificates } from './apiserver/certificates.ts';
import { EmbeddedCluster } from './cluster.ts';
import type { JsonObject } from './machinery/json.ts';
import type { Clock, Logger, Random } from './machinery/runtime.ts';
import { type Network, startNetwork, type Zone } from './network/index.ts';
import { settingsOf } from './ranges.ts';

/** What a sandbox is made of. */
export interface SandboxOptions {
  /** 1 to 100; they are named cluster1, cluster2, ... */
  readonly clusters: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Makes the bearer token of a cluster. */
  readonly token: () => string;
  /** Answers for the clusterset zone in a cluster. */
  readonly clusterSetZone: (cluster: string) => Zone;
  /** Port of the SOCKS5 proxy of cluster1, the others follow; 0 takes any. */
  readonly proxyPort: number;
  /** CustomResourceDefinitions that are there from the start. */
  readonly crds?: readonly JsonObject[];
}

/** A sandbox that runs. */
export interface Sandbox {
  readonly clusters: readonly EmbeddedCluster[];
  readonly network: Network;
  close(): Promise<void>;
}

/**
 * Starts everything and resolves when it is there.
 *
 * @throws CTM_LISTEN where the port of a proxy cannot be had; then nothing is left.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, random, logger, token, clusterSetZone, proxyPort, crds = [] } = options;
  const stop = new AbortController();
  const clusters = await Promise.all(
    Array.from({ length: options.clusters }, async (_, i) => {
      const certificates = await makeCertificates(clock.now());
      return new EmbeddedCluster({
        settings: settingsOf(i + 1),
        token: token(),
        certificates,
        clock,
        random,
        logger,
        crds,
      });
    }),
  );
  const close = async (): Promise<void> => {
    stop.abort();
    await Promise.all(clusters.map((cluster) => cluster.close()));
  };
  try {
    await Promise.all(clusters.map((cluster) => cluster.open()));
    const network = await startNetwork(
      {
        clusters: clusters.map(({ api, workloads: { logs } }, i) => ({
          api,
          logs,
          proxyPort: proxyPort === 0 ? 0 : proxyPort + i,
        })),
        clusterSetZone,
        clock,
        random,
        logger,
      },
      stop.signal,
    );
    return { clusters, network, close };
  } catch (error) {
    await close();
    throw error;
  }
}
