/** Cache of slim objects of one resource, fed by a reflector and by the writes of this process. */
import type { JsonObject } from '../../api/json.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { type Load, SET_ASIDE_BYTES } from './load.ts';
import { Misfit } from './misfit.ts';
import { objectName, resourceVersionOf } from './object.ts';
import { OlderObjects } from './older-objects.ts';
import type { Sink } from './sink.ts';
import type { StoreOptions } from './store-options.ts';
import { compareVersions } from './versions.ts';

/** A slim object, and the resourceVersion it was made from. */
interface Row<T> {
  readonly version: string;
  /** What it adds to the load. */
  readonly bytes: number;
  readonly value: T;
}

/** An object that exists but cannot be used. */
interface Unusable {
  readonly version: string;
  readonly misfit: Misfit;
}

/**
 * Slim copies by `namespace/name`. An older version never replaces a newer one, so writes of this process can be
 * entered as soon as the API server responds, ahead of the watch, and a stale list removes nothing. Two exceptions: a
 * full list shows the state at its own version, so what it returns replaces a copy that is not newer than the list; and
 * {@link restarted} ends all comparisons.
 *
 * An object that does not fit its schema is set aside: it counts as existing, but has no value, not even the last good
 * one, which is no longer true.
 */
export class Store<T> implements Sink {
  readonly #options: StoreOptions<T>;
  readonly #rows = new Map<string, Row<T>>();
  readonly #unusable = new Map<string, Unusable>();
  /** Objects since the current list began whose names no API server accepts. */
  #unnamed = 0;
  /** Whether an object was reported since the current list began. */
  #warned = false;
  /** Names seen since the current list began; undefined between lists. */
  #seen: Set<string> | undefined;
  /** Objects of the current list that are older than the store's copies. */
  readonly #older: OlderObjects;
  /** Versions of removals, kept while a fetch that may have read the object before is in progress. */
  readonly #tombstones = new Map<string, string>();
  #fetches = 0;
  readonly #load: Load;
  #started = false;
  #synced = false;

  constructor(options: StoreOptions<T>) {
    this.#options = options;
    this.#load = options.load ?? { bytes: 0, most: Number.POSITIVE_INFINITY };
    this.#older = new OlderObjects(this.#load);
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

  /** What is kept of the API server, by this store and those that share its load. */
  get bytes(): number {
    return this.#load.bytes;
  }

  get most(): number {
    return this.#load.most;
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

  /** Number of objects that are set aside. */
  get setAside(): number {
    return this.#unusable.size + this.#unnamed;
  }

  /** Why an object is set aside; undefined if it is not. */
  misfit(name: string): Misfit | undefined {
    return this.#unusable.get(name)?.misfit;
  }

  listStarted(): void {
    this.#started = true;
    this.#seen = new Set();
    this.#older.clear();
    this.#unnamed = 0;
    this.#warned = false;
  }

  upserted(object: JsonObject, bytes = 0): void {
    const name = this.#nameOf(object);
    if (name === undefined) return;
    this.#seen?.add(name);
    this.#enter(name, object, bytes);
  }

  removed(object: JsonObject): void {
    const name = this.#nameOf(object);
    if (name === undefined) return;
    const version = versionOf(object);
    if (this.#fetches > 0) this.#tombstones.set(name, version);
    this.deleted(name, version);
  }

  listed(resourceVersion: string): void {
    const seen = this.#seen ?? new Set();
    this.#seen = undefined;
    this.#synced = true;
    for (const [name, { object, bytes }] of this.#older.take()) {
      if (this.#isNotNewer(name, resourceVersion)) this.#place(name, versionOf(object), object, bytes);
    }
    // What is newer than the list is a write of this process that the list could not yet contain.
    for (const held of [this.#rows, this.#unusable]) {
      for (const name of held.keys()) {
        if (!seen.has(name) && this.#isNotNewer(name, resourceVersion)) this.#delete(name);
      }
    }
  }

  /** All versions of the server start again: what the store has is replaced by whatever the server sends next. */
  restarted(): void {
    this.#tombstones.clear();
    for (const [name, row] of this.#rows) this.#rows.set(name, { ...row, version: '0' });
    for (const [name, unusable] of this.#unusable) this.#unusable.set(name, { ...unusable, version: '0' });
  }

  /** See {@link Sink.confirm}. */
  async confirm(listed: string, read: (name: string) => Promise<JsonObject | undefined>): Promise<boolean> {
    const newer = [...this.#rows, ...this.#unusable].filter(([, { version }]) => compareVersions(version, listed) > 0);
    for (const [name, { version }] of newer) {
      const object = await read(name);
      // Changed meanwhile, so that the read may be out of date.
      if (this.#held(name) !== version) continue;
      if (!object) this.#delete(name);
      else if (compareVersions(versionOf(object), version) < 0) return true;
    }
    return false;
  }

  /** Enters the object that the API server returned for a write of this process. */
  wrote(object: JsonObject): void {
    const name = this.#nameOf(object);
    if (name !== undefined) this.#enter(name, object);
  }

  /** Removes an object that this process deleted at `version`, unless the store has a newer one. */
  deleted(name: string, version: string): void {
    if (this.#isNotNewer(name, version)) this.#delete(name);
  }

  /** Replaces values that also depend on something else than their object. Return the same value to keep it. */
  revise(revised: (value: T) => T): void {
    for (const [name, row] of this.#rows) {
      const value = revised(row.value);
      if (value === row.value) continue;
      this.#rows.set(name, { ...row, value });
      this.#options.changed(name, row.value, value);
    }
  }

  /** Removes objects that are no longer of interest. */
  forget(names: Iterable<string>): void {
    for (const name of names) this.#delete(name);
  }

  /**
   * Enters objects read outside the watch. The store must already keep these objects when `read` starts. Objects that
   * the watch removes in the meantime stay removed.
   */
  async fetch(read: () => Promise<readonly JsonObject[]>): Promise<void> {
    this.#fetches++;
    try {
      for (const object of await read()) {
        const name = this.#nameOf(object);
        const tombstone = name === undefined ? undefined : this.#tombstones.get(name);
        if (name === undefined || (tombstone && compareVersions(versionOf(object), tombstone) <= 0)) continue;
        this.#enter(name, object);
      }
    } finally {
      if (--this.#fetches === 0) this.#tombstones.clear();
    }
  }

  /** Undefined for an object without an acceptable name, which is only counted. */
  #nameOf(object: JsonObject): string | undefined {
    try {
      const name = objectName(object);
      if (name.includes('/') !== (this.#options.clusterScoped ?? false)) return name;
    } catch {
      // Counted below.
    }
    this.#unnamed++;
    return undefined;
  }

  #held(name: string): string | undefined {
    return (this.#rows.get(name) ?? this.#unusable.get(name))?.version;
  }

  /** Whether the store has the object, at this version or an older one. */
  #isNotNewer(name: string, version: string): boolean {
    const held = this.#held(name);
    return held !== undefined && compareVersions(held, version) <= 0;
  }

  #enter(name: string, object: JsonObject, bytes = 0): void {
    const version = versionOf(object);
    const held = this.#held(name);
    const order = held === undefined ? -1 : compareVersions(held, version);
    if (this.#seen) {
      if (order > 0) this.#older.set(name, { object, bytes });
      else this.#older.delete(name);
    }
    if (order < 0 || version === UNVERSIONED) this.#place(name, version, object, bytes);
  }

  /** Replaces what the store has of an object, whatever its version. */
  #place(name: string, version: string, object: JsonObject, bytes = 0): void {
    let value: T | undefined;
    try {
      resourceVersionOf(object);
      value = this.#options.slim(object);
    } catch (error) {
      this.#setAside(name, version, error);
      return;
    }
    if (value === undefined) {
      this.#delete(name);
      return;
    }
    if (this.#unusable.delete(name)) this.#load.bytes -= SET_ASIDE_BYTES;
    const before = this.#rows.get(name);
    const weight = this.#options.weigh?.(value, bytes) ?? bytes;
    this.#load.bytes += weight - (before?.bytes ?? 0);
    this.#rows.set(name, { version, value, bytes: weight });
    this.#options.changed(name, before?.value, value);
  }

  #setAside(name: string, version: string, error: unknown): void {
    const misfit = error instanceof Misfit ? error : new Misfit('', messageOf(error));
    // An API server that sends one malformed object may send thousands.
    const level = this.#warned ? 'debug' : 'warn';
    this.#warned = true;
    this.#options.logger[level](
      { object: name, problem: misfit.message },
      'object does not fit its schema, ignoring it',
    );
    const before = this.#rows.get(name);
    this.#load.bytes -= before?.bytes ?? 0;
    this.#rows.delete(name);
    if (!this.#unusable.has(name)) this.#load.bytes += SET_ASIDE_BYTES;
    this.#unusable.set(name, { version, misfit });
    this.#options.changed(name, before?.value, undefined);
  }

  #delete(name: string): void {
    const row = this.#rows.get(name);
    this.#load.bytes -= row?.bytes ?? 0;
    const wasSetAside = this.#unusable.delete(name);
    if (wasSetAside) this.#load.bytes -= SET_ASIDE_BYTES;
    if (this.#rows.delete(name) || wasSetAside) this.#options.changed(name, row?.value, undefined);
  }
}

/** The version of an object that does not have a valid one: each copy replaces the previous one. */
const UNVERSIONED = '0';

function versionOf(object: JsonObject): string {
  try {
    return resourceVersionOf(object);
  } catch {
    return UNVERSIONED;
  }
}
