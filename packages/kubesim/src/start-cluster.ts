import { randomBytes } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import { settingsOf } from './cluster-ranges.ts';
import { endingWith } from './ending.ts';
import { silentLogger } from './machinery/silent-logger.ts';
import { systemClock } from './machinery/system-clock.ts';
import { openCluster } from './open-cluster.ts';
import { type ClusterOptions, checkClusterOptions } from './options.ts';

const DEFAULT_NAME = 'kubesim';
const TOKEN_BYTES = 24;

export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}

/**
 * Starts a cluster within this process: an API server over TLS on loopback, and the controllers of its workloads.
 *
 * @throws OptionError for an invalid option, ListenError if the port is in use.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  checkClusterOptions(options);
  const { name = DEFAULT_NAME, port, token = randomToken(), crds = [], workloads = true, signal } = options;
  const { clock = systemClock, random = Math.random, logger = silentLogger } = options;
  signal?.throwIfAborted();
  const settings = { ...settingsOf(1), name };
  const cluster = await openCluster({
    settings,
    token,
    crds,
    workloads,
    clock,
    random,
    logger,
    ...(port !== undefined && { port }),
  });
  return await endingWith(signal, cluster, cluster.ended);
}
