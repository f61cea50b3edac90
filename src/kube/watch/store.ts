/** Slim copies of the objects of one resource, fed by a reflector and by the writes of this process. */
import type { JsonObject } from '../../api/json.ts';
import type { Logger } from '../../runtime/logger.ts';
import { objectName, resourceVersionOf } from './object.ts';
import type { Sink } from './sink.ts';

/**
 * Orders two resourceVersions of one resource. They are integers that only grow
 * (Kubernetes API concepts, "Resource versions"; comparable by contract since 1.35).
 */
export function compareVersions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** A kept object: its slim copy and the version that the copy was made from. */
interface Row<T> {
  readonly version: string;
  readonly value: T;
}

export interface StoreOptions<T> {
  /** The slim copy, or undefined to drop the object. If it throws, the object is set aside. */
  slim(object: JsonObject): T | undefined;
  /** Called after the store changed; `before` is undefined for a new object, `after` for one that is gone. */
  changed(name: string, before: T | undefined, after: T | undefined): void;
  readonly logger: Logger;
}

/**
 * Keeps slim copies by `namespace/name`. An older version never replaces a newer one, so our own writes can be
 * entered as soon as the API server answers, ahead of the watch, and a list that is stale takes nothing away. The price: a
 * server that is restored from a backup is not followed until its versions have caught up. Controllers are to be restarted
 * then (Kubernetes documentation, "Restoring an etcd cluster").
 */
export class Store<T> implements Sink {
  readonly #options: StoreOptions<T>;
  readonly #rows = new Map<string, Row<T>>();
  /** Names met since the running list began; undefined between lists. */
  #seen: Set<string> | undefined;
  /** Versions of removals, kept while a fetch is under way that may have read the object before it was removed. */
  readonly #tombstones = new Map<string, string>();
  #fetches = 0;
  #started = false;
  #synced = false;

  constructor(options: StoreOptions<T>) {
    this.#options = options;
  }

  /** Whether a reading has begun: what is not kept has been dropped since. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether a full reading has succeeded once. */
  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(name: string): T | undefined {
    return this.#rows.get(name)?.value;
  }

  /** `namespace/name` of every object that is kept. */
  names(): Iterable<string> {
    return this.#rows.keys();
  }

  values(): Iterable<T> {
    return this.#rows.values().map((row) => row.value);
  }

  listStarted(): void {
    this.#started = true;
    this.#seen = new Set();
  }

  upserted(object: JsonObject): void {
    const name = objectName(object);
    this.#seen?.add(name);
    this.#enter(name, object);
  }

  removed(object: JsonObject): void {
    const name = objectName(object);
    const version = resourceVersionOf(object);
    if (this.#fetches > 0) this.#tombstones.set(name, version);
    const row = this.#rows.get(name);
    if (row && compareVersions(row.version, version) <= 0) this.#delete(name, row);
  }

  listed(resourceVersion: string): void {
    const seen = this.#seen ?? new Set();
    this.#seen = undefined;
    this.#synced = true;
    for (const [name, row] of this.#rows) {
      // A row newer than the list is a write of ours that the list could not yet see.
      if (!seen.has(name) && compareVersions(row.version, resourceVersion) <= 0) this.#delete(name, row);
    }
  }

  /** Enters the answer to a write of ours. */
  wrote(object: JsonObject): void {
    this.#enter(objectName(object), object);
  }

  /** Takes out an object that we deleted, if the store still holds the version (or an older one) that is gone. */
  deleted(name: string, version: string): void {
    const row = this.#rows.get(name);
    if (row && compareVersions(row.version, version) <= 0) this.#delete(name, row);
  }

  /** Takes out what is of no interest any more. */
  forget(names: Iterable<string>): void {
    for (const name of names) {
      const row = this.#rows.get(name);
      if (row) this.#delete(name, row);
    }
  }

  /**
   * Enters objects read beside the watch. `read` must start after the store began to keep the objects it reads:
   * what the watch removed meanwhile is not brought back.
   */
  async fetch(read: () => Promise<readonly JsonObject[]>): Promise<void> {
    this.#fetches++;
    try {
      for (const object of await read()) {
        const tombstone = this.#tombstones.get(objectName(object));
        if (tombstone && compareVersions(resourceVersionOf(object), tombstone) <= 0) continue;
        this.#enter(objectName(object), object);
      }
    } finally {
      if (--this.#fetches === 0) this.#tombstones.clear();
    }
  }

  #enter(name: string, object: JsonObject): void {
    const version = resourceVersionOf(object);
    const row = this.#rows.get(name);
    if (row && compareVersions(row.version, version) >= 0) return;
    let value: T | undefined;
    try {
      value = this.#options.slim(object);
    } catch (error) {
      // One object that cannot be read is set aside; the last good copy stays, and everything else goes on.
      this.#options.logger.warn({ object: name, err: error }, 'object set aside: it cannot be read');
      return;
    }
    if (value === undefined) {
      if (row) this.#delete(name, row);
      return;
    }
    this.#rows.set(name, { version, value });
    this.#options.changed(name, row?.value, value);
  }

  #delete(name: string, row: Row<T>): void {
    this.#rows.delete(name);
    this.#options.changed(name, row.value, undefined);
  }
}
