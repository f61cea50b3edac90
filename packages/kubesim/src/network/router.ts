/** Routing of connections: Service addresses within their cluster, pod addresses everywhere. */
import type { Clock, Random } from '../machinery/runtime.ts';
import { familyOf, isIn } from '../workloads/address-ranges.ts';
import type { Container, Pod, Service } from '../workloads/kinds.ts';
import { Affinity } from './affinity.ts';
import { addressFor, type Client } from './client.ts';
import { listener } from './images.ts';
import type { Links } from './links.ts';
import { type Destination, endpointsFor } from './service-endpoints.ts';
import type { ClusterView } from './view.ts';

/** Why a connection failed: nothing listens, the address does not exist, or there is no response. */
export type Failure = 'refused' | 'no route' | 'timeout';

/** A container that accepts a connection. */
export interface Target {
  readonly view: ClusterView;
  readonly pod: Pod;
  readonly container: Container;
  readonly port: number;
}

export interface RouterOptions {
  readonly views: readonly ClusterView[];
  readonly links: Links;
  readonly clock: Clock;
  readonly random: Random;
}

/** kube-proxy of all clusters, and the flat pod network. TCP only. */
export class Router {
  readonly #options: RouterOptions;
  readonly #affinities = new Map<string, Affinity>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  route(client: Client, ip: string, port: number): Target | Failure {
    const service = client.view.serviceAt(ip);
    if (!service) return this.#toAddress(client, { address: ip, port });
    const destination = this.#balance(client, service, ip, port);
    return typeof destination === 'string' ? destination : this.#toAddress(client, destination);
  }

  #balance(client: Client, service: Service, ip: string, number: number): Destination | Failure {
    const { namespace = '', name } = service.metadata;
    const port = service.spec.ports?.find((each) => each.port === number && (each.protocol ?? 'TCP') === 'TCP');
    // kube-proxy rejects connections to a Service address on other ports.
    if (!port) return 'refused';
    const family = familyOf(ip);
    const slices = client.view.slicesOf(namespace, name);
    const destinations = endpointsFor(service, slices, family, port, client);
    if (destinations === 'dropped') return 'timeout';
    const chosen = this.#affinity(client.view).choose(
      service,
      number,
      addressFor(client, family) ?? '',
      destinations,
      () => destinations[Math.floor(this.#options.random() * destinations.length)],
    );
    return chosen ?? 'refused';
  }

  #affinity({ name }: ClusterView): Affinity {
    const known = this.#affinities.get(name) ?? new Affinity(this.#options.clock);
    this.#affinities.set(name, known);
    return known;
  }

  #toAddress(client: Client, { address, port }: Destination): Target | Failure {
    if (addressFor(client, familyOf(address)) === undefined) return 'no route';
    for (const view of this.#nearestFirst(client)) {
      const pods = view.podsAt(address);
      if (pods.length === 0) continue;
      if (!this.#options.links.isUp(client.view.name, view.name)) return 'timeout';
      for (const pod of pods) {
        const container = pod.status?.phase === 'Running' ? listener(pod, port) : undefined;
        if (container) return { view, pod, container, port };
      }
      return 'refused';
    }
    return this.#nobody(client, address);
  }

  /** If clusters have overlapping ranges, the client's own cluster wins. */
  #nearestFirst({ view }: Client): readonly ClusterView[] {
    return [view, ...this.#options.views.filter((other) => other !== view)];
  }

  /** Nodes respond for themselves and their pod ranges; everything else times out. */
  #nobody(client: Client, address: string): Failure {
    for (const { name, settings } of this.#nearestFirst(client)) {
      const inside = (cidrs: readonly string[]) => cidrs.some((cidr) => isIn(cidr, address));
      const up = this.#options.links.isUp(client.view.name, name);
      if (inside(settings.nodeCIDRs)) return up ? 'refused' : 'timeout';
      if (inside(settings.podCIDRs)) return up ? 'no route' : 'timeout';
    }
    return 'timeout';
  }
}
