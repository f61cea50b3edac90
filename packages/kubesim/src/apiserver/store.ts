/** All objects of one cluster, with a common, monotonic resourceVersion. Writes are synchronous. */

import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Changed, Listener } from './cluster-api.ts';
import { Collection, keyText } from './collection.ts';

/** Default number of events kept per resource for watches. */
const HISTORY = 1_000;

export class Store {
  readonly #collections = new Map<ResourceName, Collection>();
  readonly #listeners = new Set<Listener>();
  readonly #history: number;
  #version = 1;
  #floor = 1;

  constructor(history: number = HISTORY) {
    this.#history = history;
  }

  /** The version of the latest write. */
  get version(): number {
    return this.#version;
  }

  /** The collection of a resource, created if needed. */
  collection(resource: ResourceName): Collection {
    let collection = this.#collections.get(resource);
    if (!collection) {
      collection = new Collection(resource, this.#floor, this.#history);
      this.#collections.set(resource, collection);
    }
    return collection;
  }

  /** Collections of all resources that have, or had, objects. */
  collections(): readonly Collection[] {
    return [...this.#collections.values()];
  }

  /** Creates or replaces. Returns the object with its new resourceVersion. */
  put(resource: ResourceName, object: StoredObject): StoredObject {
    const collection = this.collection(resource);
    const old = collection.get(object.metadata);
    const version = ++this.#version;
    const stored = withVersion(object, version);
    const key = keyText(stored.metadata);
    collection.commit({ version, type: old ? 'MODIFIED' : 'ADDED', key, object: stored, ...(old && { old }) });
    this.#notify({ resource, object: stored, ...(old && { old }) });
    return stored;
  }

  /** Removes. Returns the last state with the version of the removal, or undefined if the object does not exist. */
  remove(resource: ResourceName, key: ObjectKey): StoredObject | undefined {
    const collection = this.collection(resource);
    const old = collection.get(key);
    if (!old) return undefined;
    const version = ++this.#version;
    const object = withVersion(old, version);
    collection.commit({ version, type: 'DELETED', key: keyText(key), object, old });
    this.#notify({ resource, old });
    return object;
  }

  /** Discards the history up to a version, of one resource or all: watches from earlier versions get 410. */
  compact(version: number = this.#version, resource?: ResourceName): void {
    if (resource === undefined) this.#floor = Math.max(this.#floor, version);
    const collections = resource === undefined ? this.#collections.values() : [this.collection(resource)];
    for (const collection of collections) collection.compact(version);
  }

  /** Calls `listener` for every change until the signal aborts. */
  subscribe(listener: Listener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  #notify(change: Changed): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function withVersion(object: StoredObject, version: number): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: `${version}` } };
}
