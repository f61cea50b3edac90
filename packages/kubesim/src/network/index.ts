/**
 * The virtual network between clusters: DNS, Services and pods, without packets. Pod addresses are reachable from all
 * clusters; Service addresses only within their own. TCP with HTTP/1.1; no UDP.
 *
 * `clusterset.local` is resolved in every cluster, whatever its Corefile contains, since no CoreDNS reads it.
 */

import type { Changed, ClusterApi } from '../apiserver/cluster-api.ts';
import type { StreamHandler } from '../apiserver/streams/process-streams.ts';
import type { Clock, Logger, Random } from '../machinery/runtime.ts';
import type { Pod } from '../workloads/kinds.ts';
import type { PodLogs } from '../workloads/logs.ts';
import { type Client, findClient } from './client.ts';
import type { ClusterSetZone } from './dns.ts';
import { Fabric } from './fabric.ts';
import { Links } from './links.ts';
import type { ClientName, Network } from './network.ts';
import { PodHttp } from './pod-http.ts';
import { PodPrograms } from './programs/pod-programs.ts';
import { type SocksProxy, startProxy } from './proxy.ts';
import { makeRequest } from './request.ts';
import { Resolver } from './resolver.ts';
import { Router } from './router.ts';
import { ClusterView } from './view.ts';

export interface NetworkCluster {
  readonly api: ClusterApi;
  /** Receives log lines about requests. */
  readonly logs?: PodLogs;
  /** Receives the handlers of exec and attach. */
  readonly provideStreams?: (handlers: ReadonlyMap<`${string}/${string}/${string}`, StreamHandler>) => void;
  /** Loopback port of its SOCKS5 proxy; 0 for a free port. Default: no proxy. */
  readonly proxyPort?: number;
}

export interface NetworkOptions {
  readonly clusters: readonly NetworkCluster[];
  /** Resolves `clusterset.local` in a cluster. Default: NXDOMAIN. */
  readonly clusterSetZone?: ClusterSetZone;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Starts the network and its proxies. They stop when the signal aborts.
 *
 * @throws ListenError if the port of a proxy is in use, after cleaning up.
 */
export async function startNetwork(options: NetworkOptions, signal: AbortSignal): Promise<Network> {
  const { clusters, clusterSetZone, clock, random, logger } = options;
  const http = new PodHttp();
  const links = new Links();
  const views = clusters.map(({ api, logs }) => new ClusterView(api, logs, (pod) => http.cut(pod)));
  const resolver = new Resolver({ random, ...(clusterSetZone && { clusterSetZone }) });
  const fabric = new Fabric({ resolver, router: new Router({ views, links, clock, random }), http });
  for (const view of views) view.start(signal);
  for (const [i, view] of views.entries()) {
    const programs = new PodPrograms({ view, fabric, resolver, clock, logger });
    clusters[i]?.provideStreams?.(
      new Map([
        ['/pods/exec', programs.exec],
        ['/pods/attach', programs.attach],
      ]),
    );
    clusters[i]?.api.subscribe((change) => startProgram(programs, change), signal);
  }

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

/** Objects stored under /pods are pods. */
function startProgram(programs: PodPrograms, { resource, object, old }: Changed): void {
  if (resource !== '/pods') return;
  const [pod, before] = [object as Pod | undefined, old as Pod | undefined];
  if (pod?.status?.phase === 'Running' && before?.status?.phase !== 'Running') programs.started(pod);
}

function clientOf(view: ClusterView, name: ClientName): Client {
  const client = findClient(view, name);
  if (client) return client;
  const { namespace = 'default', pod } = name;
  const problem =
    pod === undefined ? `namespace "${namespace}" not found` : `pod "${namespace}/${pod}" not found or not running`;
  throw new RangeError(`${view.name}: ${problem}`);
}
