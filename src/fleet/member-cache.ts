import { isDeepStrictEqual } from 'node:util';
import type { Service } from '../api/core.ts';
import type { JsonObject } from '../api/json.ts';
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';
import type { AddressPolicy } from '../core/addresses/address-policy.ts';
import { mostSlices } from '../core/merge/accepted-slices.ts';
import { importOfService } from '../core/ownership.ts';
import type { DerivedSlice, SetAside, SourceSlice } from '../core/view.ts';
import { type Load, SMALL_BYTES } from '../kube/watch/load.ts';
import { objectName } from '../kube/watch/object.ts';
import { Store } from '../kube/watch/store.ts';
import type { Logger } from '../runtime/logger.ts';
import { DerivedServices } from './derived-services.ts';
import { type CacheLimits, ExportQuota, type QuotaLimits } from './export-quota.ts';
import { type KeptSlice, keptSlice, revisedSlice, SliceIndex, sourceIn, weighSlice } from './kept-slice.ts';
import { MemberTallies } from './member-tallies.ts';
import { ownershipOf } from './slim/slim-metadata.ts';
import { slimExport, slimImport } from './slim/slim-multicluster.ts';
import { namespacePhase, slimService } from './slim/slim-service.ts';

/**
 * What changed in a member: the exports and endpoints it offers, what it consumes, a whole namespace, or an object of
 * another client at the `place` of a derived Service (its namespace and name).
 */
export type MemberChange =
  | { readonly side: 'source' | 'consumer'; readonly key: ServiceKey }
  | { readonly side: 'namespace'; readonly namespace: string }
  | { readonly side: 'place'; readonly derived: ServiceKey };

export interface MemberCacheOptions {
  /** Prefix of derived Services in this member. */
  readonly derivedPrefix: string;
  /** The addresses that the member may announce. */
  readonly addresses: AddressPolicy;
  readonly limits: CacheLimits;
  readonly logger: Logger;
  /** Called after each change; the cache already shows it. */
  readonly changed: (change: MemberChange) => void;
  /** Called for a new export whose Service and slices were dropped while streaming and must be fetched. */
  readonly exportAppeared: (key: ServiceKey) => void;
  /** Called for an endpoint whose address is in no known network. */
  readonly addressUnknown?: () => void;
}

/**
 * The stores of one member. Of Services and EndpointSlices it keeps the exported ones, those managed by Catamaran, and
 * those at the name of a derived Service; all others are dropped while they are listed.
 */
export class MemberCache {
  readonly exports: Store<ServiceExport>;
  readonly imports: Store<ServiceImport>;
  readonly services: Store<Service>;
  readonly slices: Store<KeptSlice>;
  readonly namespaces: Store<'Active' | 'Terminating'>;
  readonly tallies: MemberTallies;
  readonly #options: MemberCacheOptions;
  readonly #quota: ExportQuota;
  readonly #load: Load;
  #limits: CacheLimits;
  #addresses: AddressPolicy;
  readonly #index = new SliceIndex();
  readonly #derived = new DerivedServices();
  /** Exports whose Service and slices are being fetched: they are unknown until then. */
  readonly #pending = new Set<ServiceKey>();

  constructor(options: MemberCacheOptions) {
    this.#options = options;
    const { logger, changed, derivedPrefix, addresses, limits } = options;
    this.#addresses = addresses;
    this.tallies = new MemberTallies(logger);
    this.#quota = new ExportQuota(limits);
    this.#limits = limits;
    const load = { bytes: 0, most: limits.memberBytes };
    this.#load = load;
    const isExported = (key: ServiceKey): boolean => this.exports.get(key) !== undefined;
    this.exports = new Store({
      slim: slimExport,
      load,
      logger,
      changed: (name, before, after) => {
        this.tallies.exportChanged(before, after);
        this.#exportChanged(asKey(name), before, after);
      },
    });
    this.imports = new Store({
      slim: slimImport,
      load,
      logger,
      changed: (name, before, after) => {
        this.tallies.importChanged(before, after);
        changed({ side: 'consumer', key: asKey(name) });
      },
    });
    this.services = new Store({
      slim: (object) => (this.#wantsService(object) ? slimService(object) : undefined),
      load,
      logger,
      changed: (name, before, after) => this.#serviceChanged(asKey(name), before, after),
    });
    this.slices = new Store({
      slim: (object) => keptSlice(object, { derivedPrefix, addresses: this.#addresses, isExported }),
      weigh: weighSlice,
      load,
      logger,
      changed: (name, before, after) => this.#sliceChanged(name, before, after),
    });
    this.namespaces = new Store({
      slim: namespacePhase,
      weigh: () => SMALL_BYTES,
      load,
      clusterScoped: true,
      logger,
      changed: (namespace) => changed({ side: 'namespace', namespace }),
    });
  }

  /** Whether every LIST has succeeded once; before that, the contents are meaningless. */
  get synced(): boolean {
    const { exports, imports, services, slices, namespaces } = this;
    return exports.synced && imports.synced && services.synced && slices.synced && namespaces.synced;
  }

  /** Whether the cache is complete for this name as a source. */
  knows(key: ServiceKey): boolean {
    return this.synced && !this.#pending.has(key);
  }

  /** Whether the member exports or imports the name, or holds an object derived for it. */
  holds(key: ServiceKey): boolean {
    return (
      this.exports.get(key) !== undefined ||
      this.imports.get(key) !== undefined ||
      this.#index.has('derived', key) ||
      this.#derived.has(key)
    );
  }

  held(): ReadonlySet<ServiceKey> {
    const named = [...this.exports.names(), ...this.imports.names()].map(asKey);
    return new Set([...named, ...this.#index.keys('derived'), ...this.#derived.origins()]);
  }

  /** Names that the member exports. */
  exported(): readonly ServiceKey[] {
    return [...this.exports.values()].map(({ metadata: { namespace = '', name } }) => serviceKey(namespace, name));
  }

  /** Slices of the member's own controllers for an exported Service; if there are too many, one more than it may have. */
  sourceSlices(key: ServiceKey): SourceSlice[] {
    return Iterator.from(this.#index.get('source', key))
      .take(mostSlices(this.#limits.endpointsPerExport) + 1)
      .flatMap(([, kept]) => (kept.kind === 'source' ? [kept.slice] : []))
      .toArray();
  }

  /** Objects of an exported name that do not fit their schema. */
  setAside(key: ServiceKey): SetAside[] {
    const slices = [...this.#index.get('unusable', key)].flatMap(([, kept]) =>
      kept.kind === 'unusable' ? [kept.setAside] : [],
    );
    const misfit = this.services.misfit(key);
    if (!misfit) return slices;
    const { name } = splitKey(key);
    return [{ resource: 'services', name, field: misfit.field, problem: misfit.problem }, ...slices];
  }

  /** Number of objects that do not fit their schema, by resource. */
  setAsideCounts(): readonly { readonly resource: string; readonly count: number }[] {
    return [
      { resource: 'serviceExports', count: this.exports.setAside },
      { resource: 'serviceImports', count: this.imports.setAside },
      { resource: 'services', count: this.services.setAside },
      { resource: 'endpointSlices', count: this.slices.setAside + this.#index.count('unusable') },
      { resource: 'namespaces', count: this.namespaces.setAside },
    ];
  }

  /** Services derived for an import; more than one while the prefix of derived Services changes. */
  derivedServices(key: ServiceKey): Service[] {
    return [...this.#derived.namesOf(key)].flatMap((name) => this.services.get(name) ?? []);
  }

  /** Cluster IPs of a derived Service that was deleted; undefined if none are remembered. */
  lastAddresses(service: ServiceKey): readonly string[] | undefined {
    return this.#derived.lastAddresses(service);
  }

  derivedSlices(key: ServiceKey): DerivedSlice[] {
    return [...this.#index.get('derived', key)].flatMap(([, kept]) => (kept.kind === 'derived' ? [kept.slice] : []));
  }

  /** Members that the import and the derived slices of a name have as sources; a name may be repeated. */
  *sourcesNamed(key: ServiceKey): Generator<string> {
    for (const { cluster } of this.imports.get(key)?.status?.clusters ?? []) yield cluster;
    for (const [, kept] of this.#index.get('derived', key)) if (kept.kind === 'derived') yield kept.slice.source;
  }

  /** Names of slices that another client labelled for a derived Service. */
  foreignSlices(derivedService: ServiceKey): string[] {
    return [...this.#index.get('foreign', derivedService)].flatMap(([, kept]) =>
      kept.kind === 'foreign' ? [kept.name] : [],
    );
  }

  /** The limit that an export exceeds; undefined if it is inside. */
  exceededLimit(key: ServiceKey): keyof QuotaLimits | undefined {
    return this.#quota.exceeded(key);
  }

  /** The addresses that the member may announce. */
  get addresses(): AddressPolicy {
    return this.#addresses;
  }

  /** Applies a changed address policy to the kept slices. */
  /** Applies a changed address policy to the kept slices. */
  setAddresses(addresses: AddressPolicy): void {
    if (isDeepStrictEqual(addresses, this.#addresses)) return;
    this.#addresses = addresses;
    this.slices.revise((kept) => revisedSlice(kept, addresses));
  }

  setLimits(limits: CacheLimits): void {
    this.#limits = limits;
    this.#load.most = limits.memberBytes;
    for (const key of this.#quota.configure(limits)) this.#options.changed({ side: 'source', key });
  }

  /** Marks the Service and slices of a new export as fetched. */
  fetched(key: ServiceKey): void {
    if (this.#pending.delete(key)) this.#options.changed({ side: 'source', key });
  }

  /** Whether a new export, or its Service and slices, has not been fetched yet. */
  awaits(key: ServiceKey): boolean {
    return this.#pending.has(key);
  }

  #exportChanged(key: ServiceKey, before: ServiceExport | undefined, after: ServiceExport | undefined): void {
    if (!before && after && (this.services.started || this.slices.started)) {
      this.#pending.add(key);
      // A slice kept as foreign would be ignored when it is fetched as a source, since it has the same version.
      this.slices.forget([...this.#index.get('foreign', key)].map(([name]) => name));
      this.#options.exportAppeared(key);
    } else if (before && !after) {
      this.#pending.delete(key);
      this.#forgetSource(key);
    }
    const others = after ? this.#quota.set(key, after) : this.#quota.delete(key);
    for (const each of [key, ...others]) this.#options.changed({ side: 'source', key: each });
  }

  #forgetSource(key: ServiceKey): void {
    if (!splitKey(key).name.startsWith(this.#options.derivedPrefix)) this.services.forget([key]);
    this.slices.forget([...this.#index.get('source', key)].map(([name]) => name));
    this.slices.forget([...this.#index.get('unusable', key)].map(([name]) => name));
  }

  #wantsService(object: JsonObject): boolean {
    const key = asKey(objectName(object));
    return (
      this.exports.get(key) !== undefined ||
      splitKey(key).name.startsWith(this.#options.derivedPrefix) ||
      importOfService(ownershipOf(object)) !== undefined
    );
  }

  #serviceChanged(key: ServiceKey, before: Service | undefined, after: Service | undefined): void {
    if (this.exports.get(key)) this.#options.changed({ side: 'source', key });
    const { name } = splitKey(key);
    const origins = this.#derived.replace(key, before, after);
    for (const origin of origins) this.#options.changed({ side: 'consumer', key: origin });
    if (origins.size === 0 && name.startsWith(this.#options.derivedPrefix)) {
      this.#options.changed({ side: 'place', derived: key });
    }
  }

  #sliceChanged(name: string, before: KeptSlice | undefined, after: KeptSlice | undefined): void {
    this.#index.replace(name, before, after);
    if (after?.kind === 'source' && after.slice.refused.some(({ kind }) => kind === 'unknown')) {
      this.#options.addressUnknown?.();
    }
    this.tallies.sliceChanged(sourceIn(before), sourceIn(after));
    for (const kept of before?.key === after?.key && before?.kind === after?.kind ? [after] : [before, after]) {
      if (kept?.kind === 'source' || kept?.kind === 'unusable')
        this.#options.changed({ side: 'source', key: kept.key });
      else if (kept?.kind === 'derived') this.#options.changed({ side: 'consumer', key: kept.key });
      else if (kept) this.#options.changed({ side: 'place', derived: kept.key });
    }
  }
}

/** Names of namespaced objects in stores are `namespace/name`. */
function asKey(name: string): ServiceKey {
  const slash = name.indexOf('/');
  return serviceKey(name.slice(0, slash), name.slice(slash + 1));
}
