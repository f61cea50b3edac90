/** Waiting keys of a workqueue, by the member that caused the work: each of them gets its turn. */

/**
 * A member that changes a thousand Services at a time delays the changes of another one by one key, not by a thousand.
 * The keys of one origin are first come, first served. A key that several origins add waits in the shorter lane.
 */
export class FairLine<K> {
  /** By origin, in the order of their turns; none is empty. */
  readonly #lanes = new Map<string, Set<K>>();
  readonly #origins = new Map<K, string>();

  get size(): number {
    return this.#origins.size;
  }

  has(key: K): boolean {
    return this.#origins.has(key);
  }

  add(key: K, origin: string): void {
    const present = this.#origins.get(key);
    if (present !== undefined) {
      const length = (of: string) => this.#lanes.get(of)?.size ?? 0;
      if (present === origin || length(origin) + 1 >= length(present)) return;
      this.delete(key);
    }
    this.#origins.set(key, origin);
    const lane = this.#lanes.get(origin);
    if (lane) lane.add(key);
    else this.#lanes.set(origin, new Set([key]));
  }

  delete(key: K): void {
    const origin = this.#origins.get(key);
    if (origin === undefined) return;
    this.#origins.delete(key);
    const lane = this.#lanes.get(origin);
    lane?.delete(key);
    if (lane?.size === 0) this.#lanes.delete(origin);
  }

  /** Removes the next key, and returns it with its origin. */
  shift(): { readonly key: K; readonly origin: string } | undefined {
    for (const [origin, lane] of this.#lanes) {
      for (const key of lane) {
        this.delete(key);
        // The others come first.
        if (this.#lanes.delete(origin)) this.#lanes.set(origin, lane);
        return { key, origin };
      }
    }
    return undefined;
  }

  clear(): void {
    this.#lanes.clear();
    this.#origins.clear();
  }
}
