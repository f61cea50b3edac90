/**
 * The networks that a cluster reports about itself, for members without declared ones: pod networks and addresses of
 * its nodes, and its Service networks. They protect other clusters from users of the member. Its administrators can
 * change what it reports, so only networks declared in the fleet file protect from them.
 */

import { isDeepStrictEqual } from 'node:util';
import { parseNetwork } from '../api/ip.ts';
import { asText, isJsonObject, type Json, type JsonObject } from '../api/json.ts';
import { SERVICE_NAME } from '../api/labels.ts';
import { isEmpty, type RangeSet, rangeSet } from '../api/range-map.ts';
import { RESOURCES } from '../api/resources.ts';
import { endpointNetworks, type MemberConfig } from '../config/fleet-config.ts';
import type { AddressPolicy, FleetNetworks, ReportedNetworks } from '../core/addresses/address-policy.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { readable } from '../kube/client/readable.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';

/** Nodes have many fields that are not needed, so pages are small. */
const NODES_PER_PAGE = 100;
/** A cluster has at most 5,000 nodes (Kubernetes, "Considerations for large clusters"). */
const MAX_NODES = 10_000;
/** The shortest prefix of a node's pod network that is believed. Nodes have /24 and /64 by default. */
const SHORTEST = { IPv4: 16, IPv6: 48 } as const;
/** Interval of reads, in ms. */
const REFRESH_MS = 600_000;
/** Time between reads because of an unknown address, such as that of a pod on a new node. */
const ON_DEMAND: BackoffLimits = { baseMs: 5_000, capMs: 300_000, factor: 2 };

const NOTHING_REPORTED: ReportedNetworks = {
  endpoints: rangeSet([]),
  services: rangeSet([]),
  all: rangeSet([]),
};

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function asHost(address: Json | undefined): string | undefined {
  const text = asText(address);
  return text === undefined ? undefined : `${text}/${text.includes(':') ? 128 : 32}`;
}

function podNetworks({ spec }: JsonObject): readonly string[] {
  const cidrs = isJsonObject(spec) ? [...listOf(spec.podCIDRs), spec.podCIDR] : [];
  return cidrs.flatMap((cidr) => {
    const text = asText(cidr);
    const network = text === undefined ? undefined : parseNetwork(text);
    return text !== undefined && network && network.bits >= SHORTEST[network.family] ? [text] : [];
  });
}

function nodeAddresses({ status }: JsonObject): readonly string[] {
  const addresses = isJsonObject(status) ? listOf(status.addresses) : [];
  return addresses.flatMap((entry) => {
    if (!isJsonObject(entry) || entry.type !== 'InternalIP') return [];
    return asHost(entry.address) ?? [];
  });
}

async function readNodes(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const networks: string[] = [];
  let nodes = 0;
  for await (const { items } of client.pages(RESOURCES.nodes, { limit: NODES_PER_PAGE, signal })) {
    for (const node of items) networks.push(...podNetworks(node), ...nodeAddresses(node));
    nodes += items.length;
    if (nodes >= MAX_NODES) break;
  }
  return networks;
}

async function readServices(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const [ranges, service] = await Promise.all([
    readable(client.list(RESOURCES.serviceCIDRs, { signal })),
    readable(client.get(RESOURCES.services, { namespace: 'default', name: 'kubernetes' }, { signal })),
  ]);
  const cidrs = (ranges?.items ?? []).flatMap(({ spec }) => (isJsonObject(spec) ? listOf(spec.cidrs) : []));
  const ips = isJsonObject(service?.spec) ? listOf(service.spec.clusterIPs) : [];
  return [...cidrs.flatMap((cidr) => asText(cidr) ?? []), ...ips.flatMap((ip) => asHost(ip) ?? [])];
}

/** Addresses of the endpoints of `default/kubernetes`. */
async function readApiServers(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const labelSelector = `${SERVICE_NAME}=kubernetes`;
  const slices = await readable(client.list(RESOURCES.endpointSlices, { namespace: 'default', labelSelector, signal }));
  const endpoints = (slices?.items ?? []).flatMap((slice) => listOf(slice.endpoints));
  const addresses = endpoints.flatMap((endpoint) => (isJsonObject(endpoint) ? listOf(endpoint.addresses) : []));
  return addresses.flatMap((address) => asHost(address) ?? []);
}

/**
 * What the cluster reports. A node list that may not be read counts as empty.
 *
 * @throws ApiError if the API server does not respond.
 */
export async function readOwnNetworks(client: KubeClient, signal: AbortSignal): Promise<ReportedNetworks> {
  const [nodes = [], services, apiServers] = await Promise.all([
    readable(readNodes(client, signal)),
    readServices(client, signal),
    readApiServers(client, signal),
  ]);
  const all = rangeSet([...nodes, ...services, ...apiServers]);
  return { endpoints: rangeSet(nodes), services: rangeSet(services), all };
}

export interface OwnNetworksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The settings of the member. */
  readonly config: () => MemberConfig;
  /** Whether a member of the fleet may announce addresses outside declared networks. */
  readonly isExposed: () => boolean;
  /** Called after each change. */
  readonly changed: () => void;
}

/** Follows what a cluster reports about its networks. */
export class OwnNetworks {
  readonly #options: OwnNetworksOptions;
  #reported: ReportedNetworks | undefined;
  #wake = new AbortController();

  constructor(options: OwnNetworksOptions) {
    this.#options = options;
  }

  /** Whether the member depends on what its cluster reports, which has not been read yet. */
  isMissing(): boolean {
    return this.#reported === undefined && !this.#isDeclared() && this.#options.config().addresses !== 'Any';
  }

  /** Networks in which no other member has endpoints; undefined if there is no need to protect them. */
  get own(): RangeSet | undefined {
    return this.#options.isExposed() ? this.#reported?.all : undefined;
  }

  /** The addresses that the member may announce. Default: with its present settings. */
  policy(fleet: FleetNetworks, config: MemberConfig = this.#options.config()): AddressPolicy {
    return {
      member: config.name,
      fleet,
      declared: rangeSet(endpointNetworks(config)),
      reported: this.#reported ?? NOTHING_REPORTED,
      any: config.addresses === 'Any',
    };
  }

  /** Reads for the first time. @throws ApiError if endpoints of the member would be refused without the answer. */
  async prepare(client: KubeClient, signal: AbortSignal): Promise<void> {
    try {
      await this.#read(client, signal);
    } catch (err) {
      if (this.isMissing()) throw err;
      this.#options.logger.warn({ err }, 'could not read the networks of the nodes, retrying');
      this.request();
    }
  }

  /** Returns whether something changed. @throws ApiError */
  async #read(client: KubeClient, signal: AbortSignal): Promise<boolean> {
    if (!this.#isNeeded()) return false;
    const reported = await readOwnNetworks(client, signal);
    if (isDeepStrictEqual(reported, this.#reported)) return false;
    const isFirst = this.#reported === undefined;
    this.#reported = reported;
    if (isFirst) this.#announce(reported);
    this.#options.changed();
    return true;
  }

  /** Asks for a read soon, because of an address in no known network. */
  request(): void {
    this.#wake.abort();
  }

  /** Reads again at times and on request, until the signal aborts. Errors are logged and retried. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const backoff = new Backoff(ON_DEMAND, random);
    while (!signal.aborted) {
      await clock.sleep(REFRESH_MS, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
      const requested = this.#wake.signal.aborted;
      this.#wake = new AbortController();
      if (signal.aborted) return;
      try {
        if (await this.#read(client, signal)) backoff.reset();
      } catch (err) {
        if (!signal.aborted) logger.warn({ err }, 'could not read the networks of the nodes, retrying');
      }
      if (requested) await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  /** Declared networks replace those that the cluster reports, unless another member may announce any address. */
  #isNeeded(): boolean {
    return !this.#isDeclared() || this.#options.isExposed();
  }

  #isDeclared(): boolean {
    return endpointNetworks(this.#options.config()).length > 0;
  }

  #announce({ endpoints }: ReportedNetworks): void {
    const { logger, config } = this.#options;
    if (config().addresses === 'Any' || this.#isDeclared()) return;
    const remedy = 'declare podCIDRs of the member in the fleet file, or set addresses: Any';
    if (isEmpty(endpoints)) logger.warn({ remedy }, 'no networks of the member are known, its endpoints are refused');
    else logger.info({ remedy }, 'member declares no networks, endpoints are accepted in those of its nodes');
  }
}
