/** Divides long work into slices, between which the event loop serves others: Leases, heartbeats, other members. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../runtime/clock.ts';

const SLICE_MS = 8;

export class TimeSlice {
  readonly #clock: Clock;
  #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Undefined, so that nothing has to be awaited, while the slice lasts; then a promise of the next one. */
  pause(): Promise<void> | undefined {
    const used = this.#clock.now() - this.#startedAt;
    return used >= 0 && used < SLICE_MS ? undefined : this.#renew();
  }

  async #renew(): Promise<void> {
    await nextTurn();
    this.#startedAt = this.#clock.now();
  }
}
