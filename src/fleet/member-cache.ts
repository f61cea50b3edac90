/** What one member holds, as far as it matters to the fleet. */
import type { Service } from '../api/core.ts';
import type { EndpointSlice } from '../api/endpoint-slice.ts';
import type { JsonObject } from '../api/json.ts';
import {
  DERIVED_FROM,
  MANAGER,
  MCS_SERVICE_NAME,
  SERVICE_NAME,
  SLICE_MANAGED_BY,
  SOURCE_CLUSTER,
} from '../api/labels.ts';
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';
import { observeSlice } from '../core/derived-slice.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { DerivedSlice } from '../core/view.ts';
import { labelOf, objectName } from '../kube/watch/object.ts';
import { Store } from '../kube/watch/store.ts';
import type { Logger } from '../runtime/logger.ts';
import { namespacePhase, ownSlice, slimExport, slimImport, slimService, slimSlice } from './slim.ts';

/**
 * A kept EndpointSlice: a `source` of endpoints of an exported Service; `derived`, made by us; or `foreign`,
 * which somebody else labelled for a Service with the derived prefix. `key` is namespace and name of the Service that
 * the slice is labelled for; for a derived slice that of the ServiceImport.
 */
type KeptSlice =
  | { readonly kind: 'source'; readonly key: ServiceKey; readonly slice: EndpointSlice }
  | { readonly kind: 'derived'; readonly key: ServiceKey; readonly slice: DerivedSlice }
  | { readonly kind: 'foreign'; readonly key: ServiceKey; readonly name: string };

/**
 * What changed in a member: the exports and endpoints it offers, what it consumes, a whole namespace, or something of
 * somebody else's at the `place` of a derived Service (its namespace and name).
 */
export type MemberChange =
  | { readonly side: 'source' | 'consumer'; readonly key: ServiceKey }
  | { readonly side: 'namespace'; readonly namespace: string }
  | { readonly side: 'place'; readonly derived: ServiceKey };

/** What a cache is told at its start. */
export interface MemberCacheOptions {
  /** Prefix of derived Services in this member. */
  readonly derivedPrefix: string;
  readonly logger: Logger;
  /** Told after each change; the cache already shows it. */
  readonly changed: (change: MemberChange) => void;
  /** Told when an export appeared whose Service and slices were dropped while streaming and must be fetched. */
  readonly exportAppeared: (key: ServiceKey) => void;
}

/** Groups kept slices by kind and key, so that a view costs what its Service has. */
class SliceIndex {
  readonly #byKey = new Map<string, Map<string, KeptSlice>>();

  replace(name: string, before: KeptSlice | undefined, after: KeptSlice | undefined): void {
    if (before && (!after || before.kind !== after.kind || before.key !== after.key)) {
      const group = this.#byKey.get(`${before.kind}:${before.key}`);
      group?.delete(name);
      if (group?.size === 0) this.#byKey.delete(`${before.kind}:${before.key}`);
    }
    if (!after) return;
    const id = `${after.kind}:${after.key}`;
    const group = this.#byKey.get(id);
    if (group) group.set(name, after);
    else this.#byKey.set(id, new Map([[name, after]]));
  }

  get(kind: KeptSlice['kind'], key: ServiceKey): Iterable<KeptSlice> {
    return this.#byKey.get(`${kind}:${key}`)?.values() ?? [];
  }
}

/**
 * Tables of one member. Of Services and EndpointSlices it keeps the exported ones, those that we made, and those that
 * stand where we want to write; the rest is dropped while it streams by.
 */
export class MemberCache {
  readonly exports: Store<ServiceExport>;
  readonly imports: Store<ServiceImport>;
  readonly services: Store<Service>;
  readonly slices: Store<KeptSlice>;
  readonly namespaces: Store<'Active' | 'Terminating'>;
  readonly #options: MemberCacheOptions;
  readonly #index = new SliceIndex();
  /** Names of the Services that we derived, by the import that they belong to. */
  readonly #derivedNames = new Map<ServiceKey, Set<ServiceKey>>();
  /** Exports whose Service and slices are being fetched: of these nothing is known yet. */
  readonly #pending = new Set<ServiceKey>();

  constructor(options: MemberCacheOptions) {
    this.#options = options;
    const { logger, changed } = options;
    this.exports = new Store({
      slim: slimExport,
      logger,
      changed: (name, before, after) => this.#exportChanged(asKey(name), before, after),
    });
    this.imports = new Store({
      slim: slimImport,
      logger,
      changed: (name) => changed({ side: 'consumer', key: asKey(name) }),
    });
    this.services = new Store({
      slim: (object) => (this.#wantsService(object) ? slimService(object) : undefined),
      logger,
      changed: (name, before, after) => this.#serviceChanged(asKey(name), before, after),
    });
    this.slices = new Store({
      slim: (object) => this.#keepSlice(object),
      logger,
      changed: (name, before, after) => this.#sliceChanged(name, before, after),
    });
    this.namespaces = new Store({
      slim: namespacePhase,
      logger,
      changed: (namespace) => changed({ side: 'namespace', namespace }),
    });
  }

  /** Whether every LIST has succeeded once; before that nothing said here may be acted on. */
  get synced(): boolean {
    return [this.exports, this.imports, this.services, this.slices, this.namespaces].every((table) => table.synced);
  }

  /** Whether what the cache says of this name as a source is complete. */
  knows(key: ServiceKey): boolean {
    return this.synced && !this.#pending.has(key);
  }

  /** Slices that the member's own controllers made for an exported Service. */
  sourceSlices(key: ServiceKey): EndpointSlice[] {
    return [...this.#index.get('source', key)].flatMap((kept) => (kept.kind === 'source' ? [kept.slice] : []));
  }

  /** Services that we made for an import; more than one while the prefix of derived Services changes. */
  derivedServices(key: ServiceKey): Service[] {
    return [...(this.#derivedNames.get(key) ?? [])].flatMap((name) => this.services.get(name) ?? []);
  }

  /** Slices that we made for an import. */
  derivedSlices(key: ServiceKey): DerivedSlice[] {
    return [...this.#index.get('derived', key)].flatMap((kept) => (kept.kind === 'derived' ? [kept.slice] : []));
  }

  /** Names of slices that somebody else labelled for a derived Service. */
  foreignSlices(derivedService: ServiceKey): string[] {
    return [...this.#index.get('foreign', derivedService)].flatMap((kept) =>
      kept.kind === 'foreign' ? [kept.name] : [],
    );
  }

  /** Every name that this member exports, imports or holds something of ours for. */
  keys(): Set<ServiceKey> {
    const keys = new Set<ServiceKey>();
    for (const object of [...this.exports.values(), ...this.imports.values()]) {
      keys.add(serviceKey(object.metadata.namespace ?? '', object.metadata.name));
    }
    for (const kept of this.slices.values()) if (kept.kind === 'derived') keys.add(kept.key);
    for (const key of this.#derivedNames.keys()) keys.add(key);
    return keys;
  }

  /** Says that the Service and slices of a new export have been fetched. */
  fetched(key: ServiceKey): void {
    if (this.#pending.delete(key)) this.#options.changed({ side: 'source', key });
  }

  /** Whether {@link MemberCacheOptions.exportAppeared} asked for this name and it has not been fetched yet. */
  awaits(key: ServiceKey): boolean {
    return this.#pending.has(key);
  }

  #exportChanged(key: ServiceKey, before: ServiceExport | undefined, after: ServiceExport | undefined): void {
    if (!before && after && (this.services.started || this.slices.started)) {
      this.#pending.add(key);
      this.#options.exportAppeared(key);
    } else if (before && !after) {
      this.#pending.delete(key);
      this.#forgetSource(key);
    }
    this.#options.changed({ side: 'source', key });
  }

  #forgetSource(key: ServiceKey): void {
    const { namespace, name } = splitKey(key);
    if (!name.startsWith(this.#options.derivedPrefix)) this.services.forget([key]);
    this.slices.forget(
      [...this.#index.get('source', key)].flatMap((kept) =>
        kept.kind === 'source' ? [`${namespace}/${kept.slice.metadata.name}`] : [],
      ),
    );
  }

  #wantsService(object: JsonObject): boolean {
    const key = asKey(objectName(object));
    return (
      this.exports.get(key) !== undefined ||
      splitKey(key).name.startsWith(this.#options.derivedPrefix) ||
      labelOf(object, DERIVED_FROM) !== undefined
    );
  }

  #serviceChanged(key: ServiceKey, before: Service | undefined, after: Service | undefined): void {
    if (this.exports.get(key)) this.#options.changed({ side: 'source', key });
    const { name } = splitKey(key);
    const [was, is] = [before, after].map((service) => service && originOf(service));
    if (was !== undefined && was !== is) this.#leaveDerived(was, key);
    if (is !== undefined) this.#enterDerived(is, key);
    const origin = is ?? was;
    if (origin !== undefined) this.#options.changed({ side: 'consumer', key: origin });
    else if (name.startsWith(this.#options.derivedPrefix)) this.#options.changed({ side: 'place', derived: key });
  }

  #enterDerived(origin: ServiceKey, service: ServiceKey): void {
    const names = this.#derivedNames.get(origin);
    if (names) names.add(service);
    else this.#derivedNames.set(origin, new Set([service]));
  }

  #leaveDerived(origin: ServiceKey, service: ServiceKey): void {
    const names = this.#derivedNames.get(origin);
    names?.delete(service);
    if (names?.size === 0) this.#derivedNames.delete(origin);
  }

  #keepSlice(object: JsonObject): KeptSlice | undefined {
    const name = objectName(object);
    const namespace = name.slice(0, name.indexOf('/'));
    const service = labelOf(object, SERVICE_NAME);
    const imported = labelOf(object, MCS_SERVICE_NAME);
    const source = labelOf(object, SOURCE_CLUSTER);
    // A user may have taken a label off: the others, or the owner, still tell a slice that is ours to repair.
    const ours =
      labelOf(object, SLICE_MANAGED_BY) === MANAGER ||
      (source !== undefined &&
        imported !== undefined &&
        service === derivedServiceName(this.#options.derivedPrefix, imported));
    if (ours) {
      const slice = ownSlice(object);
      const from = imported ?? slice.metadata.ownerReferences?.find(({ kind }) => kind === 'ServiceImport')?.name;
      if (from === undefined) return undefined;
      return { kind: 'derived', key: serviceKey(namespace, from), slice: observeSlice(slice) };
    }
    if (service === undefined) return undefined;
    const key = serviceKey(namespace, service);
    if (source === undefined && this.exports.get(key)) {
      return { kind: 'source', key, slice: slimSlice(object) };
    }
    // One without endpoints takes no connections; a selector that stood on the derived Service for a moment leaves such.
    const holdsEndpoints = Array.isArray(object.endpoints) && object.endpoints.length > 0;
    if (holdsEndpoints && service.startsWith(this.#options.derivedPrefix)) {
      return { kind: 'foreign', key, name: name.slice(namespace.length + 1) };
    }
    return undefined;
  }

  #sliceChanged(name: string, before: KeptSlice | undefined, after: KeptSlice | undefined): void {
    this.#index.replace(name, before, after);
    for (const kept of before?.key === after?.key ? [after] : [before, after]) {
      if (kept?.kind === 'source') this.#options.changed({ side: 'source', key: kept.key });
      else if (kept?.kind === 'derived') this.#options.changed({ side: 'consumer', key: kept.key });
      else if (kept) this.#options.changed({ side: 'place', derived: kept.key });
    }
  }
}

/** The import that a Service of ours belongs to. The owner tells ours from one that a user only labelled so. */
function originOf({ metadata: { namespace = '', labels, ownerReferences } }: Service): ServiceKey | undefined {
  const from = labels?.[DERIVED_FROM];
  const owned = ownerReferences?.some(({ kind, name }) => kind === 'ServiceImport' && name === from) ?? false;
  return from !== undefined && owned ? serviceKey(namespace, from) : undefined;
}

/** Names of namespaced objects in tables are `namespace/name` already. */
function asKey(name: string): ServiceKey {
  const slash = name.indexOf('/');
  return serviceKey(name.slice(0, slash), name.slice(slash + 1));
}
