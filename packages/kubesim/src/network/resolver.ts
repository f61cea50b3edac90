/**
 * A client's resolver: applies the search list and queries the DNS of its cluster. Source: resolv.conf(5); Kubernetes
 * documentation, "DNS for Services and Pods".
 */
import type { Random } from '../machinery/runtime.ts';
import { canonicalAddress, familyOf } from '../workloads/address-ranges.ts';
import type { Client } from './client.ts';
import { answerCluster } from './cluster-zone.ts';
import { type DnsAnswer, type DnsRecord, isBelow, NXDOMAIN, type Question, type Zone } from './dns.ts';
import type { ClusterView } from './view.ts';

/** The zone of the clusterset. KEP-1645, "DNS". */
const CLUSTERSET = 'clusterset.local';

/** Maximum length of a CNAME chain. */
const MOST_ALIASES = 8;

export interface ResolverOptions {
  /** Resolves `clusterset.local` in a cluster. Default: NXDOMAIN. */
  readonly clusterSetZone?: (cluster: string) => Zone;
  readonly random: Random;
}

/** Resolves names for clients. Names outside the clusters do not exist. */
export class Resolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** The answer of a cluster's DNS server, with CNAMEs followed. */
  async ask(view: ClusterView, question: Question): Promise<DnsAnswer> {
    const records: DnsRecord[] = [];
    let name = question.name.toLowerCase();
    for (let aliases = 0; aliases <= MOST_ALIASES; aliases++) {
      const found = await this.#askOnce(view, { ...question, name });
      records.push(...found.records);
      const alias = found.records.find((record) => record.type === 'CNAME' && record.name === name);
      if (!alias) return { rcode: aliases > 0 && records.length > 0 ? 'NOERROR' : found.rcode, records };
      name = alias.data;
    }
    return { rcode: 'SERVFAIL', records };
  }

  async #askOnce(view: ClusterView, question: Question): Promise<DnsAnswer> {
    if (isBelow(question.name, CLUSTERSET)) {
      return (await this.#options.clusterSetZone?.(view.name)(question)) ?? NXDOMAIN;
    }
    return answerCluster(view, question) ?? NXDOMAIN;
  }

  /** Addresses of a host for a client, IPv4 first, shuffled as by CoreDNS; empty if the host does not resolve. */
  async resolve({ view, resolving }: Client, host: string): Promise<readonly string[]> {
    const literal = canonicalAddress(host.replace(/^\[(.*)\]$/, '$1'));
    if (literal !== undefined) return [literal];
    for (const name of candidates(host.toLowerCase(), resolving)) {
      const answers = [await this.ask(view, { name, type: 'A' }), await this.ask(view, { name, type: 'AAAA' })];
      const addresses = answers
        .flatMap(({ records }) => records)
        .filter(({ type }) => type === 'A' || type === 'AAAA')
        .map(({ data }) => data);
      if (addresses.length > 0) return this.#shuffled(addresses);
    }
    return [];
  }

  #shuffled(addresses: readonly string[]): string[] {
    return addresses
      .map((address) => ({ address, at: this.#options.random() + (familyOf(address) === 'IPv6' ? 1 : 0) }))
      .sort((a, b) => a.at - b.at)
      .map(({ address }) => address);
  }
}

/** Absolute names to query, in order. A trailing dot marks a name as absolute. */
export function candidates(host: string, { searches, ndots }: Client['resolving']): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const completed = searches.map((search) => `${host}.${search}`);
  const dots = host.split('.').length - 1;
  return dots >= ndots ? [host, ...completed] : [...completed, host];
}
