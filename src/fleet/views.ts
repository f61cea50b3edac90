/** Builds the input of the engine for a key: the shared merge of all members, and what one consumer holds. */
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import { type Clusterset, merge } from '../core/merge/merge.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { ConsumerView, ImportMode, SourceView } from '../core/view.ts';
import type { Member } from './member.ts';
import type { Staleness } from './staleness.ts';

/** All that is known of one namespace/name, from the place of one consumer. */
export interface ServiceView {
  /** The merge of all members. Consumers share it, unless a member is behind for some of them. */
  readonly clusterset: Clusterset;
  readonly consumer: ConsumerView;
}

/** Number of keys whose merge is kept; more than a burst of changes has. */
const KEYS_KEPT = 1_024;

/** What views are built from. */
export interface ViewSources {
  readonly importMode: (member: string, namespace: string) => ImportMode;
  /** Members of the configuration. */
  readonly members: () => readonly Member[];
  /** Members that export or import a name or hold an object derived for it, the departed ones included. */
  readonly holders: (key: ServiceKey) => readonly Member[];
  readonly staleness: Staleness;
}

/** Identifies a set of members that are behind. */
function variantOf(behind: readonly Member[]): string {
  return behind.map(({ name }) => name).join();
}

/** Builds views. The merge of a key is kept until a source changes, so that the consumers of one change share it. */
export class Views {
  readonly #sources: ViewSources;
  /** By key and by the members that are behind, normally none. */
  readonly #merged = new Map<ServiceKey, Map<string, Clusterset>>();

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  /**
   * All that is known of one name, from the place of one consumer. `writtenSince` is since when no other replica has
   * written to the consumer, in ms since the epoch (default: ignored). A member that has been silent since before that time is
   * unknown in the view: the other replica may have known more of it.
   */
  view(key: ServiceKey, consumer: Member, writtenSince: number = Number.NEGATIVE_INFINITY): ServiceView {
    return { clusterset: this.#clusterset(key, writtenSince), consumer: this.consumer(key, consumer) };
  }

  /** What one consumer holds of a name. */
  consumer(key: ServiceKey, member: Member): ConsumerView {
    const { cache, config } = member;
    const { namespace, name } = splitKey(key);
    const derived = serviceKey(namespace, derivedServiceName(config.derivedPrefix, name));
    const imported = cache.imports.get(key);
    const derivedService = cache.services.get(derived);
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
    };
  }

  /** Discards the merge of a key, after a source changed. */
  invalidate(key: ServiceKey): void {
    this.#merged.delete(key);
  }

  /**
   * Discards the merge of a key after a consumer changed, if a member is unknown: what consumers hold shows who took part
   * before.
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
    // Who took part before matters only if a member is unknown.
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

  /** Undefined for a member that is known to export nothing of this name. */
  #source(key: ServiceKey, member: Member, behind: readonly Member[]): SourceView | undefined {
    const { name, cache } = member;
    const isKnown = cache.knows(key) && !behind.includes(member);
    const exported = cache.exports.get(key);
    if (isKnown && !exported) return undefined;
    const standing = this.#sources.staleness.standing(member);
    if (!isKnown || !exported) return { member: name, standing: 'unknown', expired: standing === 'expired' };
    const service = cache.services.get(key);
    return { member: name, standing, export: exported, slices: cache.sourceSlices(key), ...(service && { service }) };
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
