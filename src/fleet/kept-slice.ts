/** Selects the EndpointSlices of a member to keep, and their roles. */
import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice } from '../api/endpoint-slice.ts';
import type { JsonObject } from '../api/json.ts';
import { SERVICE_NAME, SOURCE_CLUSTER } from '../api/labels.ts';
import { type ServiceKey, serviceKey } from '../api/meta.ts';
import type { AddressPolicy } from '../core/addresses/address-policy.ts';
import { observeSlice } from '../core/derived-slice.ts';
import { sourceSlice } from '../core/merge/source-slice.ts';
import { importOfSlice, isOwnEndpoints } from '../core/ownership.ts';
import type { DerivedSlice, SetAside, SourceSlice } from '../core/view.ts';
import { Misfit } from '../kube/watch/misfit.ts';
import { objectName } from '../kube/watch/object.ts';
import { ownershipOf, slimMetadata } from './slim/slim-metadata.ts';
import { ownSlice, slimSlice } from './slim/slim-slice.ts';

/**
 * A kept EndpointSlice: a `source` of endpoints of an exported Service, or an `unusable` one that does not fit its
 * schema; `derived`, managed by Catamaran; or `foreign`, which another client labelled for a Service with the derived
 * prefix. `key` is namespace and name of the Service that the slice is labelled for; for a derived slice that of the
 * ServiceImport. `reported` has all endpoints, for when other addresses are accepted.
 */
export type KeptSlice =
  | { readonly kind: 'source'; readonly key: ServiceKey; readonly slice: SourceSlice; readonly reported: EndpointSlice }
  | { readonly kind: 'unusable'; readonly key: ServiceKey; readonly setAside: SetAside }
  | { readonly kind: 'derived'; readonly key: ServiceKey; readonly slice: DerivedSlice }
  | { readonly kind: 'foreign'; readonly key: ServiceKey; readonly name: string };

export interface KeepOptions {
  readonly derivedPrefix: string;
  readonly addresses: AddressPolicy;
  readonly isExported: (key: ServiceKey) => boolean;
}

/** A source slice, or why it cannot be used. */
function sourceOf(object: JsonObject, key: ServiceKey, name: string, addresses: AddressPolicy): KeptSlice {
  try {
    const reported = slimSlice(object);
    return { kind: 'source', key, slice: sourceSlice(reported, addresses), reported };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const { field, problem } = error;
    return { kind: 'unusable', key, setAside: { resource: 'endpointSlices', name, field, problem } };
  }
}

/** A derived slice. If another client made it unreadable, its content counts as different, and is written again. */
function derivedOf(object: JsonObject): DerivedSlice {
  try {
    return observeSlice(ownSlice(object));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const { name, uid = '', resourceVersion = '', labels } = slimMetadata(object);
    return {
      name,
      uid,
      resourceVersion,
      source: labels?.[SOURCE_CLUSTER] ?? '',
      body: '',
      meta: '',
      ready: 0,
    };
  }
}

/** The copy of a slice to keep; undefined if it is of no interest. */
export function keptSlice(object: JsonObject, options: KeepOptions): KeptSlice | undefined {
  const path = objectName(object);
  const namespace = path.slice(0, path.indexOf('/'));
  const metadata = ownershipOf(object);
  const imported = importOfSlice(metadata);
  if (imported !== undefined) {
    return { kind: 'derived', key: serviceKey(namespace, imported), slice: derivedOf(object) };
  }
  const service = metadata.labels?.[SERVICE_NAME];
  if (service === undefined) return undefined;
  const key = serviceKey(namespace, service);
  if (isOwnEndpoints(metadata.labels) && options.isExported(key)) {
    return sourceOf(object, key, path.slice(namespace.length + 1), options.addresses);
  }
  // A slice without endpoints receives no connections; a selector that the derived Service briefly had leaves some.
  const holdsEndpoints = Array.isArray(object.endpoints) && object.endpoints.length > 0;
  if (holdsEndpoints && service.startsWith(options.derivedPrefix)) {
    return { kind: 'foreign', key, name: path.slice(namespace.length + 1) };
  }
  return undefined;
}

/** A kept slice under another address policy; the same one if nothing changes. */
export function revisedSlice(kept: KeptSlice, addresses: AddressPolicy): KeptSlice {
  if (kept.kind !== 'source') return kept;
  const slice = sourceSlice(kept.reported, addresses);
  return isDeepStrictEqual(slice, kept.slice) ? kept : { ...kept, slice };
}

/** Besides its JSON, what an endpoint takes: a list or an object costs more than its brackets. */
const ENDPOINT_BYTES = 160;
/** Of a slice that is derived or foreign, only names and hashes are kept. */
const OTHER_BYTES = 512;

/** What a kept slice takes in memory, in bytes. */
export function weighSlice(kept: KeptSlice, json: number): number {
  return kept.kind === 'source' ? json + kept.reported.endpoints.length * ENDPOINT_BYTES : OTHER_BYTES;
}

/** The slice of a member's own endpoints; undefined for any other. */
export function sourceIn(kept: KeptSlice | undefined): SourceSlice | undefined {
  return kept?.kind === 'source' ? kept.slice : undefined;
}

/** Kept slices by kind and key, so that a view costs only the slices of its Service. */
export class SliceIndex {
  readonly #byKey = new Map<string, Map<string, KeptSlice>>();

  readonly #counts = new Map<KeptSlice['kind'], number>();

  /** Replaces a slice. `name` is `namespace/name` of the slice. */
  replace(name: string, before: KeptSlice | undefined, after: KeptSlice | undefined): void {
    if (before) this.#counts.set(before.kind, this.count(before.kind) - 1);
    if (after) this.#counts.set(after.kind, this.count(after.kind) + 1);
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

  count(kind: KeptSlice['kind']): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** The keys with slices of one kind. */
  keys(kind: KeptSlice['kind']): ServiceKey[] {
    return [...this.#byKey.values()].flatMap((group) => {
      const [slice] = group.values();
      return slice?.kind === kind ? [slice.key] : [];
    });
  }

  has(kind: KeptSlice['kind'], key: ServiceKey): boolean {
    return this.#byKey.has(`${kind}:${key}`);
  }

  /** Slices of one kind, with their own `namespace/name`. */
  get(kind: KeptSlice['kind'], key: ServiceKey): Iterable<readonly [name: string, slice: KeptSlice]> {
    return this.#byKey.get(`${kind}:${key}`) ?? [];
  }
}
