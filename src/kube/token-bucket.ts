/** Bounds a rate: a burst, and then one more per refill period. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #refillMs: number;
  #tokens: number;
  #filledAt: number;

  constructor(capacity: number, refillMs: number, now: number) {
    this.#capacity = capacity;
    this.#refillMs = refillMs;
    this.#tokens = capacity;
    this.#filledAt = now;
  }

  /** Takes a token; returns false if there is none. `now` is in ms since the epoch. */
  take(now: number): boolean {
    const refilled = Math.max(0, Math.floor((now - this.#filledAt) / this.#refillMs));
    this.#tokens = Math.min(this.#capacity, this.#tokens + refilled);
    // Set back with the clock, which would otherwise stop the refill until it has caught up.
    this.#filledAt = Math.min(this.#filledAt + refilled * this.#refillMs, now);
    if (this.#tokens === 0) return false;
    this.#tokens--;
    return true;
  }
}
