/**
 * Bounds the keys that are processed at the same time in all members. Many members may be behind one link or proxy, and
 * all of them share this process: beyond what these can do, more requests at a time only take longer, until Lease
 * renewals among them come too late.
 */
import type { Priority } from '../runtime/pace.ts';

/** One process does 900 writes per second, so each of these may take a third of a second. */
const PLACES = 320;
/** Places that bulk work leaves to changes. */
const RESERVED = 64;

export class Places {
  #free = PLACES;
  readonly #waiting: Readonly<Record<Priority, (() => void)[]>> = { urgent: [], bulk: [] };

  /** Takes a place. Undefined: it was free; otherwise it is taken when the promise resolves. */
  take(priority: Priority): Promise<void> | undefined {
    if (this.#free > (priority === 'urgent' ? 0 : RESERVED)) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting[priority].push(resolve));
  }

  /** Frees a place. */
  give(): void {
    const { urgent, bulk } = this.#waiting;
    const next = urgent.shift() ?? (this.#free >= RESERVED ? bulk.shift() : undefined);
    if (next) next();
    else this.#free++;
  }
}
