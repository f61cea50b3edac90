/** The objects of one resource in one cluster, and what happened to them lately. Objects are never changed in place. */
import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';

/** A change of one object. Of a removal, `object` is the last state with the version of the removal. */
export interface StoreEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: StoredObject;
  /** The state before; absent for ADDED. */
  readonly old?: StoredObject;
}

/** `namespace/name`, or the name: the order of these is the order of lists. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Objects in the order of their keys, and a history with a bound. */
export class Collection {
  readonly resource: ResourceName;
  readonly #objects = new Map<string, StoredObject>();
  readonly #keys: string[] = [];
  readonly #watchers = new Set<(event: StoreEvent) => void>();
  readonly #limit: number;
  /** Oldest first. */
  #history: StoreEvent[] = [];
  /** All events after this version are in the history. */
  #floor: number;

  constructor(resource: ResourceName, floor: number, limit: number) {
    this.resource = resource;
    this.#floor = floor;
    this.#limit = limit;
  }

  /** The oldest version that a watch or a page may go on from. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: ObjectKey): StoredObject | undefined {
    return this.#objects.get(keyText(key));
  }

  /** Keys of a namespace, or all, in order. */
  keys(namespace?: string): readonly string[] {
    if (namespace === undefined) return this.#keys;
    // A slash is followed by a zero in the order of characters.
    return this.#keys.slice(this.#position(`${namespace}/`), this.#position(`${namespace}0`));
  }

  /** Objects of a namespace, or all, in the order of keys. */
  list(namespace?: string): readonly StoredObject[] {
    const found: StoredObject[] = [];
    for (const key of this.keys(namespace)) {
      const object = this.#objects.get(key);
      if (object) found.push(object);
    }
    return found;
  }

  /** Objects by key as they were at a version; undefined where that is forgotten. */
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

  /** Events after a version, oldest first; undefined where some of them are forgotten. */
  since(version: number): readonly StoreEvent[] | undefined {
    return version < this.#floor ? undefined : this.#history.slice(this.#after(version));
  }

  /** Stores an event that has just happened, and tells the watchers. */
  commit(event: StoreEvent): void {
    if (event.type === 'DELETED') {
      this.#objects.delete(event.key);
      this.#keys.splice(this.#position(event.key), 1);
    } else {
      if (event.type === 'ADDED') this.#keys.splice(this.#position(event.key), 0, event.key);
      this.#objects.set(event.key, event.object);
    }
    this.#history.push(event);
    // Cut by halves, so that an event costs the same however long the history is.
    if (this.#history.length > 2 * this.#limit) this.#forget(this.#history.length - this.#limit);
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Calls `watcher` with every event from now on, until the function given back is called. */
  watch(watcher: (event: StoreEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Forgets all events up to a version. */
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

  /** Index of the first key that is not before this one. */
  #position(key: string): number {
    return lowerBound(this.#keys.length, (index) => (this.#keys[index] ?? '') >= key);
  }
}

/** The first index for which `reached` holds; it holds for all after that one too. */
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
