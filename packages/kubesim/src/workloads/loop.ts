/** Work queue of a cluster's controllers, with delayed keys. */
import type { Clock, Logger } from '../machinery/runtime.ts';

/** Processes a key. May return the milliseconds after which to process it again. Throws to be retried. */
export type Work = (namespace: string, name: string) => number | undefined;

export interface LoopOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Backoff for failed keys. */
const RETRY_MS = { first: 100, longest: 30_000 } as const;

/** Number of keys to process before yielding to the event loop. */
const TURN = 50;

interface Item {
  readonly work: Work;
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * A single queue for all controllers of a cluster. Keys are deduplicated and processed one at a time, in the order in
 * which they were added, so runs are reproducible with the same clock and API. `add` never processes a key itself.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #waiting = new Map<string, Item>();
  /** Due time of delayed keys, in milliseconds since the epoch. */
  readonly #later = new Map<string, { readonly item: Item; readonly at: number }>();
  readonly #failures = new Map<string, number>();
  readonly #idle: (() => void)[] = [];
  #alarm: { readonly at: number; readonly cancel: AbortController } | undefined;
  #busy = false;
  #signal: AbortSignal | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Starts processing, including keys added before. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#end(), { once: true });
    this.#wake();
  }

  add(controller: string, work: Work, namespace: string, name: string): void {
    const id = `${controller} ${namespace}/${name}`;
    if (this.#waiting.has(id)) return;
    this.#waiting.set(id, { work, id, namespace, name });
    this.#wake();
  }

  /** Resolves when the queue is empty, except for delayed keys. */
  async idle(): Promise<void> {
    if (this.#waiting.size === 0 && !this.#busy) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wake(): void {
    if (this.#busy || !this.#signal || this.#signal.aborted || this.#waiting.size === 0) return;
    this.#busy = true;
    void this.#drain(this.#signal);
  }

  async #drain(signal: AbortSignal): Promise<void> {
    await undefined;
    let turn = 0;
    for (const [id, item] of this.#waiting) {
      if (signal.aborted) break;
      if (++turn % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      this.#waiting.delete(id);
      this.#work(item);
    }
    this.#busy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #work(item: Item): void {
    const { id, work, namespace, name } = item;
    try {
      const after = work(namespace, name);
      this.#failures.delete(id);
      if (after === undefined) this.#later.delete(id);
      else this.#workLater(item, after);
    } catch (error) {
      const failures = this.#failures.get(id) ?? 0;
      this.#failures.set(id, failures + 1);
      this.#options.logger.debug({ key: id, error: String(error) }, 'workload controller failed, retrying');
      this.#workLater(item, Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** Math.min(failures, 16)));
    }
  }

  #workLater(item: Item, ms: number): void {
    const at = this.#options.clock.now() + Math.max(0, ms);
    this.#later.set(item.id, { item, at });
    this.#ringAt(at);
  }

  /** A single timer for all delayed keys, set to the earliest one. */
  #ringAt(at: number): void {
    if (this.#alarm && this.#alarm.at <= at) return;
    this.#alarm?.cancel.abort();
    const alarm = { at, cancel: new AbortController() };
    this.#alarm = alarm;
    this.#options.clock.sleep(Math.max(0, at - this.#options.clock.now()), alarm.cancel.signal).then(
      () => this.#ring(alarm),
      () => {},
    );
  }

  #ring(alarm: { readonly at: number }): void {
    if (this.#alarm !== alarm) return;
    this.#alarm = undefined;
    // Clocks may wake slightly early.
    const now = Math.max(this.#options.clock.now(), alarm.at);
    let next = Number.POSITIVE_INFINITY;
    for (const [id, { item, at }] of this.#later) {
      if (at > now) {
        next = Math.min(next, at);
        continue;
      }
      this.#later.delete(id);
      if (!this.#waiting.has(id)) this.#waiting.set(id, item);
    }
    if (Number.isFinite(next)) this.#ringAt(next);
    this.#wake();
  }

  #end(): void {
    this.#alarm?.cancel.abort();
    this.#alarm = undefined;
    this.#later.clear();
    this.#waiting.clear();
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
