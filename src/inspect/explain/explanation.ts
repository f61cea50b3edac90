/** Follows a request for an exported Service through every object on its way, and finds the first that is broken. */
import { type ServiceKey, splitKey } from '../../api/meta.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { fleetAccess } from '../../fleet/fleet-access.ts';
import type { Member } from '../../fleet/member.ts';
import { consumerHops } from './consumer-hops.ts';
import type { DnsRoutes } from './dns-hop.ts';
import { type Hop, isOpen } from './hop.ts';
import { type Source, sourceOf } from './source-hops.ts';

/** The way from one consumer to all exporters. */
export interface Path {
  readonly consumer: string;
  /** Those of the exporters first. */
  readonly hops: readonly Hop[];
  /** The first broken hop; absent if requests can be answered. */
  readonly broken?: Hop;
}

export interface Explanation {
  readonly namespace: string;
  readonly name: string;
  readonly paths: readonly Path[];
}

export interface ExplainRequest {
  readonly key: ServiceKey;
  /** Default: every member that has the ServiceImport; if none has, every member. */
  readonly consumer?: Member;
  /** How to ask the DNS of a consumer. Default: DNS is not looked at. */
  readonly dnsRoutes?: DnsRoutes;
  /** In ms since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/**
 * The hops of members that export the Service; of the others that have it, if no member exports it. One exporter is
 * enough, so what is wrong with another one is only a warning.
 */
function sourceHops(sources: readonly Source[], key: ServiceKey, consumer: string): readonly Hop[] {
  const exporters = sources.filter(({ exported }) => exported);
  const unknown = sources.filter(({ hops }) => hops.every(({ result }) => result === 'skipped'));
  if (sources.length === 0) {
    const seen = `no member has a Service ${key}`;
    return [{ hop: 'Service', member: consumer, result: 'broken', seen, remedy: 'check the namespace and the name' }];
  }
  // A member that has not been listed may export it.
  if (exporters.length === 0 && unknown.length > 0) {
    return sources.flatMap(({ hops }) =>
      hops.map((hop): Hop => ({ ...hop, ...(hop.hop === 'member' && { result: 'broken' }) })),
    );
  }
  const shown = exporters.length > 0 ? exporters : sources;
  const isServed = shown.some(({ hops }) => isOpen(hops));
  return shown.flatMap(({ hops }) =>
    hops.map((hop): Hop => (isServed && hop.result === 'broken' ? { ...hop, result: 'warning' } : hop)),
  );
}

export async function explain(fleet: Fleet, request: ExplainRequest): Promise<Explanation> {
  const { key, consumer, dnsRoutes, now, signal } = request;
  const { namespace, name } = splitKey(key);
  const members = fleet.members.filter((member) => fleet.isMember(member));
  const sources = (await Promise.all(members.map((member) => sourceOf(member, key, signal)))).filter(
    (source) => source !== undefined,
  );
  const importers = members.filter(({ cache }) => cache.imports.get(key) !== undefined);
  const consumers = consumer ? [consumer] : importers.length > 0 ? importers : members;
  const access = fleetAccess(fleet.config);
  const zone = fleet.config.clustersetDomain;
  const reads = { now, signal, ...(dnsRoutes && { dns: { zone, routes: dnsRoutes } }) };
  const paths = consumers.map(async (member): Promise<Path> => {
    const importRefusal = access.importRefusal(member.name, namespace);
    const rules = {
      lease: fleet.config.lease,
      importMode: access.importMode(member.config, namespace),
      ...(importRefusal !== undefined && { importRefusal }),
    };
    const hops = [...sourceHops(sources, key, member.name), ...(await consumerHops(member, key, rules, reads))];
    const broken = hops.find(({ result }) => result === 'broken');
    return { consumer: member.name, hops, ...(broken && { broken }) };
  });
  return { namespace, name, paths: await Promise.all(paths) };
}
