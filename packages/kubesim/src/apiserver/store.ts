/** All objects of one cluster, under one resourceVersion that only grows. Writes are synchronous. */

import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Changed, Listener } from './cluster-api.ts';
import { Collection, keyText } from './collection.ts';

/** Events that a resource keeps for watches where no number is given. */
const HISTORY = 1_000;

/** The store of a cluster. */
export class Store {
  readonly #collections = new Map<ResourceName, Collection>();
  readonly #listeners = new Set<Listener>();
  readonly #history: number;
  #version = 1;
  #floor = 1;

  constructor(history: number = HISTORY) {
    this.#history = history;
  }

  /** The version of the newest write. */
  get version(): number {
    return this.#version;
  }

  /** The objects of a resource, which may be none. */
  collection(resource: ResourceName): Collection {
    let collection = this.#collections.get(resource);
    if (!collection) {
      collection = new Collection(resource, this.#floor, this.#history);
      this.#collections.set(resource, collection);
    }
    return collection;
  }

  /** Every resource that has, or had, objects. */
  collections(): readonly Collection[] {
    return [...this.#collections.values()];
  }

  /** Creates or replaces; gives the object with its new resourceVersion. */
  put(resource: ResourceName, object: StoredObject): StoredObject {
    const collection = this.collection(resource);
    const old = collection.get(object.metadata);
    const version = ++this.#version;
    const stored = withVersion(object, version);
    const key = keyText(stored.metadata);
    collection.commit({ version, type: old ? 'MODIFIED' : 'ADDED', key, object: stored, ...(old && { old }) });
    this.#tell({ resource, object: stored, ...(old && { old }) });
    return stored;
  }

  /** Removes; gives the last state with the version of the removal, or undefined where there was no such object. */
  remove(resource: ResourceName, key: ObjectKey): StoredObject | undefined {
    const collection = this.collection(resource);
    const old = collection.get(key);
    if (!old) return undefined;
    const version = ++this.#version;
    const object = withVersion(old, version);
    collection.commit({ version, type: 'DELETED', key: keyText(key), object, old });
    this.#tell({ resource, old });
    return object;
  }

  /** Forgets the history up to a version, of one resource or of all: watches from before it get 410. */
  compact(version: number = this.#version, resource?: ResourceName): void {
    if (resource === undefined) this.#floor = Math.max(this.#floor, version);
    const collections = resource === undefined ? this.#collections.values() : [this.collection(resource)];
    for (const collection of collections) collection.compact(version);
  }

  /** Calls `listener` with every change until the signal aborts. */
  subscribe(listener: Listener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  #tell(change: Changed): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function withVersion(object: StoredObject, version: number): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: `${version}` } };
}
