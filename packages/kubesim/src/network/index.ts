/**
 * The virtual network between clusters: DNS, Services and pods, without a packet. Pods of all clusters reach each
 * other's addresses; a Service address is known in its own cluster only. TCP with HTTP/1.1 behind it; no UDP.
 *
 * `clusterset.local` is answered in every cluster, whatever its Corefile says: there is no CoreDNS that would read it.
 */

import type { ClusterApi } from '../apiserver/cluster-api.ts';
import type { Clock, Logger, Random } from '../machinery/runtime.ts';
import type { PodLogs } from '../workloads/logs.ts';
import { type Client, findClient } from './client.ts';
import type { ClusterSetZone } from './dns.ts';
import { Fabric } from './fabric.ts';
import { Links } from './links.ts';
import type { ClientName, Network } from './network.ts';
import { PodHttp } from './pod-http.ts';
import { type SocksProxy, startProxy } from './proxy.ts';
import { makeRequest } from './request.ts';
import { Resolver } from './resolver.ts';
import { Router } from './router.ts';
import { ClusterView } from './view.ts';

/** A cluster of the network. */
export interface NetworkCluster {
  readonly api: ClusterApi;
  /** Where the lines about requests go. */
  readonly logs?: PodLogs;
  /** Loopback port of its SOCKS5 proxy; 0: any that is free. Absent: it has none. */
  readonly proxyPort?: number;
}

export interface NetworkOptions {
  readonly clusters: readonly NetworkCluster[];
  /** Answers for `clusterset.local` in a cluster. Absent: no such name. */
  readonly clusterSetZone?: ClusterSetZone;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Starts the network, and its proxies; all ends with the signal.
 *
 * @throws ListenError if the port of a proxy is taken; then nothing is left behind.
 */
export async function startNetwork(options: NetworkOptions, signal: AbortSignal): Promise<Network> {
  const { clusters, clusterSetZone, clock, random, logger } = options;
  const http = new PodHttp();
  const links = new Links();
  const views = clusters.map(({ api, logs }) => new ClusterView(api, logs, (pod) => http.cut(pod)));
  const resolver = new Resolver({ random, ...(clusterSetZone && { clusterSetZone }) });
  const fabric = new Fabric({ resolver, router: new Router({ views, links, clock, random }), http });
  for (const view of views) view.start(signal);

  const proxies: SocksProxy[] = [];
  const stop = () => {
    http.close();
    for (const proxy of proxies) void proxy.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  const ports = new Map<string, number>();
  try {
    for (const [i, view] of views.entries()) {
      const port = clusters[i]?.proxyPort;
      if (port === undefined) continue;
      const proxy = await startProxy({ view, fabric, logger, port });
      proxies.push(proxy);
      ports.set(view.name, proxy.port);
    }
  } catch (error) {
    stop();
    throw error;
  }
  if (signal.aborted) stop();

  const viewOf = (name: string): ClusterView => {
    const view = views.find((each) => each.name === name);
    if (!view)
      throw new RangeError(
        `cluster ${JSON.stringify(name)} not found; available: ${views.map((each) => each.name).join(', ')}`,
      );
    return view;
  };
  return {
    proxies: ports,
    setReachable: (from, to, reachable) => {
      links.set(viewOf(from).name, viewOf(to).name, reachable);
      if (!reachable) http.cutWhere((source, target) => !links.isUp(source, target));
    },
    request: async ({ from, namespace, pod, ...request }) => {
      const name = { ...(namespace !== undefined && { namespace }), ...(pod !== undefined && { pod }) };
      return await makeRequest(fabric, clientOf(viewOf(from), name), request);
    },
    ask: async (cluster, question) => await resolver.ask(viewOf(cluster), question),
  };
}

function clientOf(view: ClusterView, name: ClientName): Client {
  const client = findClient(view, name);
  if (client) return client;
  const { namespace = 'default', pod } = name;
  const problem =
    pod === undefined ? `namespace "${namespace}" not found` : `pod "${namespace}/${pod}" not found or not running`;
  throw new RangeError(`${view.name}: ${problem}`);
}
