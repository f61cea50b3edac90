/** The objects of one resource in one cluster, and their recent history. Objects are never modified in place. */
import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';

/** A change of one object. For a removal, `object` is the last state, with the version of the removal. */
export interface StoreEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: StoredObject;
  /** The previous state; absent for ADDED. */
  readonly old?: StoredObject;
}

/** `namespace/name`, or the name alone. Lists are sorted by this key. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Objects sorted by key, and a bounded history. */
export class Collection {
  readonly resource: ResourceName;
  readonly #objects = new Map<string, StoredObject>();
  readonly #keys: string[] = [];
  readonly #watchers = new Set<(event: StoreEvent) => void>();
  readonly #limit: number;
  /** Oldest first. */
  #history: StoreEvent[] = [];
  /** The history contains all events after this version. */
  #floor: number;

  constructor(resource: ResourceName, floor: number, limit: number) {
    this.resource = resource;
    this.#floor = floor;
    this.#limit = limit;
  }

  /** The oldest version from which a watch or a paged list can continue. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: ObjectKey): StoredObject | undefined {
    return this.#objects.get(keyText(key));
  }

  /** Sorted keys of a namespace, or all keys. */
  keys(namespace?: string): readonly string[] {
    if (namespace === undefined) return this.#keys;
    // "0" is the character after "/".
    return this.#keys.slice(this.#position(`${namespace}/`), this.#position(`${namespace}0`));
  }

  /** Objects of a namespace, or all objects, sorted by key. */
  list(namespace?: string): readonly StoredObject[] {
    const found: StoredObject[] = [];
    for (const key of this.keys(namespace)) {
      const object = this.#objects.get(key);
      if (object) found.push(object);
    }
    return found;
  }

  /** Objects by key as of a version; undefined if that version has been compacted. */
  at(version: number, namespace?: string): ReadonlyMap<string, StoredObject> | undefined {
    if (version < this.#floor) return undefined;
    const inside = (key: string): boolean => namespace === undefined || key.startsWith(`${namespace}/`);
    const state = new Map<string, StoredObject>();
    for (const key of this.keys(namespace)) {
      const object = this.#objects.get(key);
      if (object) state.set(key, object);
    }
    let undone = false;
    for (const event of this.#history.slice(this.#after(version)).reverse()) {
      if (!inside(event.key)) continue;
      undone = true;
      if (event.old) state.set(event.key, event.old);
      else state.delete(event.key);
    }
    return undone ? new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1))) : state;
  }

  /** Events after a version, oldest first; undefined if some have been compacted. */
  since(version: number): readonly StoreEvent[] | undefined {
    return version < this.#floor ? undefined : this.#history.slice(this.#after(version));
  }

  /** Stores an event and notifies the watchers. */
  commit(event: StoreEvent): void {
    if (event.type === 'DELETED') {
      this.#objects.delete(event.key);
      this.#keys.splice(this.#position(event.key), 1);
    } else {
      if (event.type === 'ADDED') this.#keys.splice(this.#position(event.key), 0, event.key);
      this.#objects.set(event.key, event.object);
    }
    this.#history.push(event);
    // Trimmed by halves, so that the amortized cost per event does not depend on the length of the history.
    if (this.#history.length > 2 * this.#limit) this.#forget(this.#history.length - this.#limit);
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Calls `watcher` for every further event. Returns the function to unsubscribe. */
  watch(watcher: (event: StoreEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Discards all events up to a version. */
  compact(version: number): void {
    this.#forget(this.#after(version));
    this.#floor = Math.max(this.#floor, version);
  }

  #forget(count: number): void {
    const last = this.#history[count - 1];
    if (!last) return;
    this.#floor = Math.max(this.#floor, last.version);
    this.#history = this.#history.slice(count);
  }

  /** Index of the first event after a version. */
  #after(version: number): number {
    return lowerBound(this.#history.length, (index) => (this.#history[index]?.version ?? 0) > version);
  }

  /** Index of the first key not less than this one. */
  #position(key: string): number {
    return lowerBound(this.#keys.length, (index) => (this.#keys[index] ?? '') >= key);
  }
}

/** The lowest index for which `reached` holds; it must also hold for all following ones. */
function lowerBound(length: number, reached: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
