/** Virtual time, which advances only when no other work is left, so that a run depends only on its seed. */
import type { Clock } from '../../src/runtime/clock.ts';

interface Sleeper {
  readonly at: number;
  /** Breaks ties between sleepers with the same wake-up time. */
  readonly serial: number;
  /** Absent after waking or aborting. */
  wake: (() => void) | undefined;
}

/** The clock for everything in one run. */
export class VirtualTime implements Clock {
  #now: number;
  #serial = 0;
  /** A binary heap; the next to wake is first. */
  readonly #sleepers: Sleeper[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        sleeper.wake = undefined;
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        serial: this.#serial++,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#push(sleeper);
    });
  }

  /** Sets the time without waking sleepers, for populating a server before anything runs. */
  jumpTo(now: number): void {
    this.#now = Math.max(this.#now, now);
  }

  /** Advances by `ms`. Sleepers wake one at a time, and all resulting work runs before the next one wakes. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let first = this.#sleepers[0]; first && first.at <= end; first = this.#sleepers[0]) {
      this.#pop();
      if (!first.wake) continue;
      this.#now = Math.max(this.#now, first.at);
      first.wake();
      await settled();
    }
    this.#now = end;
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let index = heap.push(sleeper) - 1;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up];
      if (!parent || before(parent, sleeper)) break;
      heap[index] = parent;
      index = up;
    }
    heap[index] = sleeper;
  }

  #pop(): void {
    const heap = this.#sleepers;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let down = 2 * index + 1;
      const [left, right] = [heap[down], heap[down + 1]];
      if (!left) break;
      if (right && before(right, left)) down++;
      const child = heap[down];
      if (!child || before(last, child)) break;
      heap[index] = child;
      index = down;
    }
    heap[index] = last;
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial);
}

/** Resolves once all work that does not wait for time is done: promises alone never wait for the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
