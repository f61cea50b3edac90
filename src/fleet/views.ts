/** Builds the input of the engine for a key: the shared merge of all members, and the objects of one consumer. */
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import type { ServiceImport } from '../api/multicluster.ts';
import { type Clusterset, merge, seenBy } from '../core/merge/merge.ts';
import { effectOf, servedRecord } from '../core/merge/precedence.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { ConsumerView, SourceView } from '../core/view.ts';
import type { FleetAccess } from './fleet-access.ts';
import type { Member } from './member.ts';
import type { Staleness } from './staleness.ts';

/** Everything known of one namespace/name, from the perspective of one consumer. */
export interface ServiceView {
  /** The merge of all members. Consumers share it, unless a member is behind for some of them. */
  readonly clusterset: Clusterset;
  readonly consumer: ConsumerView;
}

/** Number of keys whose merge is cached; more than in a burst of changes. */
const KEYS_KEPT = 1_024;

export interface ViewSources {
  /** The rules of the fleet file for a member. */
  readonly access: (member: Member) => FleetAccess;
  /** Members of the configuration. */
  readonly members: () => readonly Member[];
  readonly isMember: (member: Member) => boolean;
  /** Members that export or import a name or hold an object derived for it, including removed ones. */
  readonly holders: (key: ServiceKey) => readonly Member[];
  readonly staleness: Staleness;
  /** The name that a member has now, if it was renamed; otherwise the same name. */
  readonly currentName: (name: string) => string;
}

/** A cached merge. */
interface Merge {
  readonly clusterset: Clusterset;
  /** By order of precedence, for consumers whose record differs from the others. */
  readonly own: Map<string, Clusterset>;
}

/** Identifies a set of members that are behind. */
function variantOf(behind: readonly Member[]): string {
  return behind.map(({ name }) => name).join();
}

/** The merge from the perspective of a consumer. Consumers with the same order of precedence share it. */
function perspective({ clusterset, own }: Merge, consumer: string): Clusterset {
  const order = clusterset.precedence.own.get(consumer)?.join();
  if (order === undefined) return clusterset;
  const held = own.get(order) ?? seenBy(clusterset, consumer);
  own.set(order, held);
  return held;
}

/** The merge of a key is cached until a source changes, so that all consumers of a change share it. */
export class Views {
  readonly #sources: ViewSources;
  /** By key and by the members that are behind, normally none. */
  readonly #merged = new Map<ServiceKey, Map<string, Merge>>();
  /** Members that have not been listed, which may export any name; undefined until they are looked for. */
  #unlisted: readonly Member[] | undefined;

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  /**
   * Everything known of one name, from the perspective of one consumer. `writtenSince` is the time since which no other
   * replica has written to the consumer, in ms since the epoch (default: ignored). A member that has not responded
   * since before that time is unknown in the view, since the other replica may have known more of it.
   */
  view(key: ServiceKey, consumer: Member, writtenSince: number = Number.NEGATIVE_INFINITY): ServiceView {
    const merged = this.#merge(key, writtenSince);
    return { clusterset: perspective(merged, consumer.name), consumer: this.consumer(key, consumer) };
  }

  /** The observed objects of a name in one consumer. */
  consumer(key: ServiceKey, member: Member): ConsumerView {
    const { cache, config } = member;
    const { namespace, name } = splitKey(key);
    const derived = serviceKey(namespace, derivedServiceName(config.derivedPrefix, name));
    const imported = cache.imports.get(key);
    const derivedService = cache.services.get(derived);
    const lastAddresses = derivedService ? undefined : cache.lastAddresses(derived);
    const unreadable = cache.imports.misfit(key) !== undefined || cache.services.misfit(derived) !== undefined;
    const access = this.#sources.access(member);
    const importRefusal = access.importRefusal(member.name, namespace);
    const outdated = cache.derivedServices(key).filter((service) => service !== derivedService);
    return {
      member: member.name,
      namespace,
      name,
      namespacePhase: cache.namespaces.get(namespace) ?? 'Absent',
      importMode: access.importMode(config, namespace),
      ...(importRefusal !== undefined && { importRefusal }),
      derivedPrefix: config.derivedPrefix,
      ipFamilies: member.ipFamilies,
      ...(member.ownNetworks && { ownNetworks: member.ownNetworks }),
      derivedSlices: cache.derivedSlices(key),
      foreignSlices: cache.foreignSlices(derived),
      ...(imported && { import: imported }),
      ...(derivedService && { derivedService }),
      ...(lastAddresses && { lastAddresses }),
      ...(member.trafficDistributions && { trafficDistributions: member.trafficDistributions }),
      ...(outdated.length > 0 && { outdatedServices: outdated }),
      ...(unreadable && { unreadable }),
    };
  }

  /** Discards the merge of a key, after a source changed. */
  invalidate(key: ServiceKey): void {
    this.#merged.delete(key);
  }

  /**
   * Discards the merge of a key after a consumer changed, if the merge depends on its objects: on the last known
   * exporters, if a member is unknown; or on the order in which it serves the exporters. Returns whether the latter
   * contradicts the merge, so that other consumers may have to change, too.
   */
  consumerChanged(key: ServiceKey, consumer: Member): boolean {
    const merged = this.#merged.get(key);
    if (!merged) return false;
    const imported = consumer.cache.imports.get(key);
    const record = imported ? this.#recordOf(imported) : [];
    const effects = [...merged.values()].map(({ clusterset }) =>
      effectOf(clusterset.precedence, consumer.name, record),
    );
    const isUncertain = merged.values().some(({ clusterset }) => clusterset.unknown.size > 0);
    if (isUncertain || effects.some((effect) => effect !== 'none')) this.#merged.delete(key);
    return effects.includes('contradicts');
  }

  /** Discards every merge, after a member joined or left or its standing changed. */
  invalidateAll(): void {
    this.#merged.clear();
    this.#unlisted = undefined;
  }

  /** The members that a consumer serves, under the names that they have now. */
  #recordOf(imported: ServiceImport): readonly string[] {
    return servedRecord(imported).map((name) => this.#sources.currentName(name));
  }

  #merge(key: ServiceKey, writtenSince: number): Merge {
    const behind = this.#sources.staleness.behind(writtenSince);
    const variant = variantOf(behind);
    const held = this.#merged.get(key)?.get(variant);
    if (held) return held;
    const members = this.#involved(key, behind);
    const sources = members.flatMap((member) => this.#source(key, member, behind) ?? []);
    const records = new Map<string, readonly string[]>();
    for (const { name, cache } of members) {
      const imported = cache.imports.get(key);
      if (imported) records.set(name, this.#recordOf(imported));
    }
    // The last known exporters matter only if a member is unknown.
    const unknown = sources.some(({ standing }) => standing === 'unknown');
    const clusterset = merge(sources, unknown ? this.#lastSources(key) : [], records);
    const merged = { clusterset, own: new Map() };
    this.#remember(key, variant, merged);
    return merged;
  }

  /** The members that export or import a name, and those that may: of most, nothing has to be looked up. */
  #involved(key: ServiceKey, behind: readonly Member[]): readonly Member[] {
    const { members, isMember, holders } = this.#sources;
    this.#unlisted ??= members().filter(({ cache }) => !cache.synced);
    return [...new Set([...holders(key), ...this.#unlisted, ...behind])].filter(isMember);
  }

  #remember(key: ServiceKey, variant: string, merged: Merge): void {
    const variants = this.#merged.get(key);
    if (variants) {
      variants.set(variant, merged);
      return;
    }
    const [oldest] = this.#merged.keys();
    if (oldest !== undefined && this.#merged.size >= KEYS_KEPT) this.#merged.delete(oldest);
    this.#merged.set(key, new Map([[variant, merged]]));
  }

  /** Undefined for a member that is known not to export this name. */
  #source(key: ServiceKey, member: Member, behind: readonly Member[]): SourceView | undefined {
    const { name, cache } = member;
    const isKnown = cache.knows(key) && !behind.includes(member);
    const exported = cache.exports.get(key);
    if (isKnown && !exported) return undefined;
    const { staleness } = this.#sources;
    const standing = staleness.standing(member);
    const brief = staleness.isBrief(member);
    const access = this.#sources.access(member);
    // What an unknown member reports does not matter if the fleet file denies its export.
    if (!isKnown && access.deniesExport(name, key)) return undefined;
    if (!isKnown || !exported) return { member: name, standing: 'unknown', expired: standing === 'expired', brief };
    const service = cache.services.get(key);
    const setAside = cache.setAside(key);
    return {
      member: name,
      standing,
      brief,
      policy: access.exportPolicy(member, key),
      export: exported,
      slices: cache.sourceSlices(key),
      ...(service && { service }),
      ...(setAside.length > 0 && { setAside }),
    };
  }

  #lastSources(key: ServiceKey): readonly string[] {
    const names = new Set<string>();
    for (const { cache } of this.#sources.holders(key)) for (const name of cache.sourcesNamed(key)) names.add(name);
    return [...names];
  }
}
