/** A workqueue of keys: a key is queued once, however often it is added. */

import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Requeue } from './result.ts';

export interface WorkqueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly workers: number;
}

const RETRY: BackoffLimits = { baseMs: 50, capMs: 30_000, factor: 2 };

/**
 * A level-triggered workqueue: a key that is added while it is waiting is processed once, and a key that is added while
 * it is being processed is processed once more, never concurrently.
 */
export class Workqueue<K extends string> {
  readonly #options: WorkqueueOptions;
  readonly #waiting = new Set<K>();
  readonly #working = new Set<K>();
  /** Keys added while they were processed. */
  readonly #dirty = new Set<K>();
  readonly #backoffs = new Map<K, Backoff>();
  readonly #later = new Map<K, AbortController>();
  /** Keys of `#later` for which adds are deferred. */
  readonly #barred = new Set<K>();
  #bell: (() => void)[] = [];
  #idleBell: (() => void)[] = [];

  constructor(options: WorkqueueOptions) {
    this.#options = options;
  }

  /** Keys that are waiting or being processed, excluding those in back-off. */
  get depth(): number {
    return this.#waiting.size + this.#working.size;
  }

  /** Keys in back-off. */
  get retrying(): number {
    return this.#later.size;
  }

  add(key: K): void {
    if (this.#barred.has(key)) return;
    this.#later.get(key)?.abort();
    this.#later.delete(key);
    if (this.#working.has(key)) {
      this.#dirty.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    this.#bell.shift()?.();
  }

  /** Adds a key after `ms` milliseconds, unless it is added earlier. */
  #addAfter(key: K, ms: number, signal: AbortSignal): void {
    const timer = new AbortController();
    this.#later.set(key, timer);
    this.#options.clock.sleep(ms, AbortSignal.any([timer.signal, signal])).then(
      () => {
        if (this.#later.get(key) !== timer) return;
        this.#barred.delete(key);
        this.add(key);
      },
      () => {
        if (this.#later.get(key) === timer) this.#later.delete(key);
      },
    );
  }

  /** Drops all waiting keys. */
  clear(): void {
    this.#waiting.clear();
    for (const timer of this.#later.values()) timer.abort();
    this.#later.clear();
    this.#barred.clear();
    this.#backoffs.clear();
  }

  /** Processes keys until the signal aborts; then finishes those in progress. */
  async run(work: (key: K) => Promise<Requeue>, signal: AbortSignal): Promise<void> {
    const ring = () => {
      for (const wake of this.#bell.splice(0)) wake();
    };
    signal.addEventListener('abort', ring, { once: true });
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#worker(work, signal)));
    signal.removeEventListener('abort', ring);
  }

  /** Resolves when no key is waiting or being processed. */
  async idle(): Promise<void> {
    while (this.depth > 0) await new Promise<void>((resolve) => this.#idleBell.push(resolve));
  }

  async #worker(work: (key: K) => Promise<Requeue>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = this.#next();
      if (key === undefined) {
        await new Promise<void>((resolve) => this.#bell.push(resolve));
        continue;
      }
      this.#working.add(key);
      const requeue = await work(key);
      this.#working.delete(key);
      this.#finish(key, requeue, signal);
    }
  }

  #next(): K | undefined {
    const [key] = this.#waiting;
    if (key !== undefined) this.#waiting.delete(key);
    return key;
  }

  #finish(key: K, requeue: Requeue, signal: AbortSignal): void {
    const dirty = this.#dirty.delete(key);
    if (requeue === 'after-backoff' || requeue === 'not-before-backoff') {
      // Even if it was added in the meantime, as by the controller's own writes.
      if (requeue === 'not-before-backoff') this.#barred.add(key);
      this.#addAfter(key, this.#backoff(key).next(), signal);
    } else {
      this.#backoffs.delete(key);
      if (dirty || requeue === 'at-once') this.add(key);
    }
    if (this.depth === 0) for (const wake of this.#idleBell.splice(0)) wake();
  }

  #backoff(key: K): Backoff {
    const held = this.#backoffs.get(key);
    if (held) return held;
    const made = new Backoff(RETRY, this.#options.random);
    this.#backoffs.set(key, made);
    return made;
  }
}
