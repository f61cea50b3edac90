/**
 * Keys whose writes hang, as at a webhook that does not respond. They are kept apart, so that they hold up nothing but
 * themselves.
 */
import type { Clock } from '../runtime/clock.ts';

/** A key that takes longer is slow, in ms. An API server far away or under load responds within a second. */
const SLOW_MS = 2_000;
/** A key is slow only if it takes this many times longer than others: if all of them take long, the API server does. */
const TIMES_USUAL = 4;
/** Keys that take less time, in ms, have written nothing. */
const NO_WRITE_MS = 5;
/** Weight of a key in the usual time. */
const WEIGHT = 1 / 8;
/** Slow keys that are processed at the same time. */
const LANES = 4;
/**
 * Keys that have just turned out to be slow and go on in the background. If there are more, the youngest is given up: it
 * is tried again in the slow lane, with the full timeout of a request. The oldest may be about to finish.
 */
const DETACHED = 8;

export interface SlowWork {
  readonly stop: AbortController;
  /** Resolves when the key is finished. */
  readonly done: Promise<void>;
}

export interface SlowLaneOptions {
  readonly clock: Clock;
  /** Called when a key in progress turns out to be slow, and no longer needs its place. */
  readonly freed: () => void;
}

interface Timed {
  readonly stop: AbortController;
  readonly startedAt: number;
  place: 'regular' | 'detached' | 'lane';
}

export class SlowLane<K extends string> {
  readonly #options: SlowLaneOptions;
  /** Keys that were slow when they were last processed. */
  readonly #slow = new Set<K>();
  readonly #waiting = new Set<K>();
  /** Keys in progress, the oldest first. */
  readonly #working = new Map<K, Timed>();
  /** What a key usually takes that writes something, in ms; undefined until one has been written. */
  #usual: number | undefined;
  #lanes = 0;
  #isWatching = false;

  constructor(options: SlowLaneOptions) {
    this.#options = options;
  }

  /** Keys that wait in the slow lane. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get canStart(): boolean {
    return this.#waiting.size > 0 && this.#lanes < LANES;
  }

  /** Queues a slow key; returns false for any other. */
  take(key: K): boolean {
    if (!this.#slow.has(key)) return false;
    this.#waiting.add(key);
    return true;
  }

  /** The next slow key to process. */
  next(): K | undefined {
    const [key] = this.#waiting;
    if (key !== undefined) this.#waiting.delete(key);
    return key;
  }

  /** Drops the waiting keys. */
  clear(): void {
    this.#waiting.clear();
  }

  /** Notes that a key is being processed; it is watched until the signal aborts. */
  started(key: K, { stop }: SlowWork, signal: AbortSignal): void {
    const isSlow = this.#slow.has(key);
    if (isSlow) this.#lanes++;
    const place = isSlow ? 'lane' : 'regular';
    this.#working.set(key, { stop, startedAt: this.#options.clock.now(), place });
    if (!this.#isWatching) void this.#watch(signal);
  }

  /** Notes that a key is finished; returns whether it still had a regular place. */
  finished(key: K, succeeded: boolean): boolean {
    const timed = this.#working.get(key);
    this.#working.delete(key);
    if (!timed) return false;
    if (timed.place === 'lane') this.#lanes--;
    const took = this.#options.clock.now() - timed.startedAt;
    if (succeeded && timed.place !== 'lane' && took >= NO_WRITE_MS) {
      this.#usual = this.#usual === undefined ? took : this.#usual + (took - this.#usual) * WEIGHT;
    }
    if (took < this.#slowMs) this.#slow.delete(key);
    return timed.place === 'regular';
  }

  get #slowMs(): number {
    return Math.max(SLOW_MS, TIMES_USUAL * (this.#usual ?? 0));
  }

  /** Looks for slow keys as long as any key is in progress. */
  async #watch(signal: AbortSignal): Promise<void> {
    this.#isWatching = true;
    const { clock } = this.#options;
    for (let wait = this.#nextLook(); wait !== undefined && !signal.aborted; wait = this.#nextLook()) {
      await clock.sleep(wait, signal).catch(() => {});
      this.#detach();
    }
    this.#isWatching = false;
  }

  /** Time until the oldest regular key may be slow, in ms; undefined if there is none. */
  #nextLook(): number | undefined {
    for (const { place, startedAt } of this.#working.values()) {
      if (place === 'regular') return Math.max(1, startedAt + this.#slowMs - this.#options.clock.now());
    }
    return undefined;
  }

  #detach(): void {
    const now = this.#options.clock.now();
    for (const [key, timed] of this.#working) {
      if (now - timed.startedAt < this.#slowMs) break;
      if (timed.place !== 'regular') continue;
      timed.place = 'detached';
      this.#slow.add(key);
      this.#giveUpYoungest();
      this.#options.freed();
    }
  }

  #giveUpYoungest(): void {
    const detached = [...this.#working.values()].filter(
      ({ place, stop }) => place === 'detached' && !stop.signal.aborted,
    );
    if (detached.length <= DETACHED) return;
    const seconds = (this.#slowMs / 1_000).toFixed(0);
    detached.at(-1)?.stop.abort(new Error(`not finished after ${seconds} s, unlike others`));
  }
}
