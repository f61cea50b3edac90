/** Builds the input of the engine for a key: the shared merge of all members, and the objects of one consumer. */
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import { type Clusterset, merge } from '../core/merge/merge.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { ConsumerView, ImportMode, SourceView } from '../core/view.ts';
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
  readonly importMode: (member: string, namespace: string) => ImportMode;
  /** Members of the configuration. */
  readonly members: () => readonly Member[];
  /** Members that export or import a name or hold an object derived for it, including removed ones. */
  readonly holders: (key: ServiceKey) => readonly Member[];
  readonly staleness: Staleness;
}

/** Identifies a set of members that are behind. */
function variantOf(behind: readonly Member[]): string {
  return behind.map(({ name }) => name).join();
}

/** The merge of a key is cached until a source changes, so that all consumers of a change share it. */
export class Views {
  readonly #sources: ViewSources;
  /** By key and by the members that are behind, normally none. */
  readonly #merged = new Map<ServiceKey, Map<string, Clusterset>>();

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  /**
   * Everything known of one name, from the perspective of one consumer. `writtenSince` is the time since which no other
   * replica has written to the consumer, in ms since the epoch (default: ignored). A member that has not responded
   * since before that time is unknown in the view, since the other replica may have known more of it.
   */
  view(key: ServiceKey, consumer: Member, writtenSince: number = Number.NEGATIVE_INFINITY): ServiceView {
    return { clusterset: this.#clusterset(key, writtenSince), consumer: this.consumer(key, consumer) };
  }

  /** The observed objects of a name in one consumer. */
  consumer(key: ServiceKey, member: Member): ConsumerView {
    const { cache, config } = member;
    const { namespace, name } = splitKey(key);
    const derived = serviceKey(namespace, derivedServiceName(config.derivedPrefix, name));
    const imported = cache.imports.get(key);
    const derivedService = cache.services.get(derived);
    const unreadable = cache.imports.misfit(key) !== undefined || cache.services.misfit(derived) !== undefined;
    const outdated = cache.derivedServices(key).filter((service) => service !== derivedService);
    return {
      member: member.name,
      namespace,
      name,
      namespacePhase: cache.namespaces.get(namespace) ?? 'Absent',
      importMode: this.#sources.importMode(member.name, namespace),
      derivedPrefix: config.derivedPrefix,
      ipFamilies: member.ipFamilies,
      derivedSlices: cache.derivedSlices(key),
      foreignSlices: cache.foreignSlices(derived),
      ...(imported && { import: imported }),
      ...(derivedService && { derivedService }),
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
   * Discards the merge of a key after a consumer changed, if a member is unknown, since the objects of consumers show
   * the last known exporters.
   */
  consumerChanged(key: ServiceKey): void {
    const merged = this.#merged.get(key);
    if (merged?.values().some(({ unknown }) => unknown.size > 0)) this.#merged.delete(key);
  }

  /** Discards every merge, after a member joined or left or its standing changed. */
  invalidateAll(): void {
    this.#merged.clear();
  }

  #clusterset(key: ServiceKey, writtenSince: number): Clusterset {
    const behind = this.#sources.staleness.behind(writtenSince);
    const variant = variantOf(behind);
    const held = this.#merged.get(key)?.get(variant);
    if (held) return held;
    const sources = this.#sources.members().flatMap((member) => this.#source(key, member, behind) ?? []);
    // The last known exporters matter only if a member is unknown.
    const unknown = sources.some(({ standing }) => standing === 'unknown');
    const clusterset = merge(sources, unknown ? this.#lastSources(key) : []);
    this.#remember(key, variant, clusterset);
    return clusterset;
  }

  #remember(key: ServiceKey, variant: string, clusterset: Clusterset): void {
    const variants = this.#merged.get(key);
    if (variants) {
      variants.set(variant, clusterset);
      return;
    }
    const [oldest] = this.#merged.keys();
    if (oldest !== undefined && this.#merged.size >= KEYS_KEPT) this.#merged.delete(oldest);
    this.#merged.set(key, new Map([[variant, clusterset]]));
  }

  /** Undefined for a member that is known not to export this name. */
  #source(key: ServiceKey, member: Member, behind: readonly Member[]): SourceView | undefined {
    const { name, cache } = member;
    const isKnown = cache.knows(key) && !behind.includes(member);
    const exported = cache.exports.get(key);
    if (isKnown && !exported) return undefined;
    const standing = this.#sources.staleness.standing(member);
    if (!isKnown || !exported) return { member: name, standing: 'unknown', expired: standing === 'expired' };
    const service = cache.services.get(key);
    const setAside = cache.setAside(key);
    return {
      member: name,
      standing,
      export: exported,
      slices: cache.sourceSlices(key),
      ...(service && { service }),
      ...(setAside.length > 0 && { setAside }),
    };
  }

  #lastSources(key: ServiceKey): readonly string[] {
    const names = new Set<string>();
    for (const { cache } of this.#sources.holders(key)) {
      for (const { cluster } of cache.imports.get(key)?.status?.clusters ?? []) names.add(cluster);
      for (const slice of cache.derivedSlices(key)) names.add(slice.source);
    }
    return [...names];
  }
}
