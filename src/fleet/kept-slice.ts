/** Selects the EndpointSlices of a member to keep, and their roles. */
import type { JsonObject } from '../api/json.ts';
import { SERVICE_NAME } from '../api/labels.ts';
import { type ServiceKey, serviceKey } from '../api/meta.ts';
import { observeSlice } from '../core/derived-slice.ts';
import type { AddressPolicy } from '../core/merge/addresses.ts';
import { sourceSlice } from '../core/merge/source-slice.ts';
import { importOfSlice, isOwnEndpoints } from '../core/ownership.ts';
import type { DerivedSlice, SourceSlice } from '../core/view.ts';
import { objectName } from '../kube/watch/object.ts';
import { ownershipOf, ownSlice, slimSlice } from './slim.ts';

/**
 * A kept EndpointSlice: a `source` of endpoints of an exported Service; `derived`, managed by Catamaran; or `foreign`,
 * which another client labelled for a Service with the derived prefix. `key` is namespace and name of the Service that
 * the slice is labelled for; for a derived slice that of the ServiceImport.
 */
export type KeptSlice =
  | { readonly kind: 'source'; readonly key: ServiceKey; readonly slice: SourceSlice }
  | { readonly kind: 'derived'; readonly key: ServiceKey; readonly slice: DerivedSlice }
  | { readonly kind: 'foreign'; readonly key: ServiceKey; readonly name: string };

export interface KeepOptions {
  readonly derivedPrefix: string;
  readonly addresses: AddressPolicy;
  readonly isExported: (key: ServiceKey) => boolean;
}

/** The copy of a slice to keep; undefined if it is of no interest. */
export function keptSlice(object: JsonObject, options: KeepOptions): KeptSlice | undefined {
  const path = objectName(object);
  const namespace = path.slice(0, path.indexOf('/'));
  const metadata = ownershipOf(object);
  const imported = importOfSlice(metadata);
  if (imported !== undefined) {
    return { kind: 'derived', key: serviceKey(namespace, imported), slice: observeSlice(ownSlice(object)) };
  }
  const service = metadata.labels?.[SERVICE_NAME];
  if (service === undefined) return undefined;
  const key = serviceKey(namespace, service);
  if (isOwnEndpoints(metadata.labels) && options.isExported(key)) {
    return { kind: 'source', key, slice: sourceSlice(slimSlice(object), options.addresses) };
  }
  // A slice without endpoints receives no connections; a selector that the derived Service briefly had leaves some.
  const holdsEndpoints = Array.isArray(object.endpoints) && object.endpoints.length > 0;
  if (holdsEndpoints && service.startsWith(options.derivedPrefix)) {
    return { kind: 'foreign', key, name: path.slice(namespace.length + 1) };
  }
  return undefined;
}

/** Kept slices by kind and key, so that a view costs only the slices of its Service. */
export class SliceIndex {
  readonly #byKey = new Map<string, Map<string, KeptSlice>>();

  /** Replaces a slice. `name` is `namespace/name` of the slice. */
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

  has(kind: KeptSlice['kind'], key: ServiceKey): boolean {
    return this.#byKey.has(`${kind}:${key}`);
  }

  /** Slices of one kind, with their own `namespace/name`. */
  get(kind: KeptSlice['kind'], key: ServiceKey): Iterable<readonly [name: string, slice: KeptSlice]> {
    return this.#byKey.get(`${kind}:${key}`) ?? [];
  }
}
