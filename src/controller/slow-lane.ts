/**
 * Keys whose writes hang, as at a webhook that does not respond. They are kept apart, so that they hold up nothing but
 * themselves.
 */
import type { Clock } from '../runtime/clock.ts';

/** A key that takes longer is slow, in ms. An API server far away or under load responds within a second. */
const SLOW_MS = 2_000;
/** Slow keys that are processed at the same time. */
const LANES = 4;
/**
 * Keys that have just turned out to be slow and go on in the background. If there are more, the oldest is given up: it
 * is tried again in the slow lane, with the full timeout of a request.
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
  finished(key: K): boolean {
    const timed = this.#working.get(key);
    this.#working.delete(key);
    if (!timed) return false;
    if (timed.place === 'lane') this.#lanes--;
    if (this.#options.clock.now() - timed.startedAt < SLOW_MS) this.#slow.delete(key);
    return timed.place === 'regular';
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
      if (place === 'regular') return Math.max(1, startedAt + SLOW_MS - this.#options.clock.now());
    }
    return undefined;
  }

  #detach(): void {
    const now = this.#options.clock.now();
    for (const [key, timed] of this.#working) {
      if (now - timed.startedAt < SLOW_MS) break;
      if (timed.place !== 'regular') continue;
      timed.place = 'detached';
      this.#slow.add(key);
      this.#giveUpOldest();
      this.#options.freed();
    }
  }

  #giveUpOldest(): void {
    const detached = this.#working.values().filter(({ place, stop }) => place === 'detached' && !stop.signal.aborted);
    const [oldest, ...others] = detached;
    if (others.length >= DETACHED) oldest?.stop.abort(new Error(`not finished after ${SLOW_MS / 1_000} s`));
  }
}
