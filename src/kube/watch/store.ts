/** Cache of slim objects of one resource, fed by a reflector and by the writes of this process. */
import type { JsonObject } from '../../api/json.ts';
import type { Logger } from '../../runtime/logger.ts';
import { objectName, resourceVersionOf } from './object.ts';
import type { Sink } from './sink.ts';

/**
 * Orders two resourceVersions of one resource, which are monotonically increasing integers
 * (Kubernetes API concepts, "Resource versions"; comparable by contract since 1.35).
 */
export function compareVersions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** A slim object, and the resourceVersion it was made from. */
interface Row<T> {
  readonly version: string;
  readonly value: T;
}

export interface StoreOptions<T> {
  /** The slim copy, or undefined to drop the object. If it throws, the object is skipped. */
  slim(object: JsonObject): T | undefined;
  /** Called after a change of the store; `before` is undefined for a new object, `after` for a removed one. */
  changed(name: string, before: T | undefined, after: T | undefined): void;
  readonly logger: Logger;
}

/**
 * Slim copies by `namespace/name`. An older version never replaces a newer one, so writes of this process can be
 * entered as soon as the API server responds, ahead of the watch, and a stale list removes nothing. The price: after a
 * restore from a backup, the server is not followed until its versions have caught up. Controllers must be restarted in
 * that case (Kubernetes documentation, "Restoring an etcd cluster").
 */
export class Store<T> implements Sink {
  readonly #options: StoreOptions<T>;
  readonly #rows = new Map<string, Row<T>>();
  /** Names seen since the current list began; undefined between lists. */
  #seen: Set<string> | undefined;
  /** Versions of removals, kept while a fetch that may have read the object before is in progress. */
  readonly #tombstones = new Map<string, string>();
  #fetches = 0;
  #started = false;
  #synced = false;

  constructor(options: StoreOptions<T>) {
    this.#options = options;
  }

  /** Whether a list has begun; every object it has returned so far was either kept or dropped. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether a full list has succeeded once. */
  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(name: string): T | undefined {
    return this.#rows.get(name)?.value;
  }

  /** `namespace/name` of every object in the store. */
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
      // A row newer than the list is a write of this process that the list could not yet contain.
      if (!seen.has(name) && compareVersions(row.version, resourceVersion) <= 0) this.#delete(name, row);
    }
  }

  /** Enters the object that the API server returned for a write of this process. */
  wrote(object: JsonObject): void {
    this.#enter(objectName(object), object);
  }

  /** Removes an object that this process deleted at `version`, unless the store has a newer one. */
  deleted(name: string, version: string): void {
    const row = this.#rows.get(name);
    if (row && compareVersions(row.version, version) <= 0) this.#delete(name, row);
  }

  /** Removes objects that are no longer of interest. */
  forget(names: Iterable<string>): void {
    for (const name of names) {
      const row = this.#rows.get(name);
      if (row) this.#delete(name, row);
    }
  }

  /**
   * Enters objects read outside the watch. The store must already keep these objects when `read` starts. Objects that
   * the watch removes in the meantime stay removed.
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
      // A malformed object must not stop the others; its last good copy stays.
      this.#options.logger.warn({ object: name, err: error }, 'malformed object, skipping it');
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
