import type { Random } from './random.ts';

/** In milliseconds. The bound of the n-th wait is `base * factor^n`, at most `cap`. */
export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
  readonly factor: number;
}

/**
 * Exponential backoff with full jitter: each wait is a random fraction of a growing bound, so that clients that lost
 * the same server do not return together. Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
 */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #tries = 0;

  constructor(limits: BackoffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const { baseMs, capMs, factor } = this.#limits;
    const bound = Math.min(capMs, baseMs * factor ** this.#tries);
    // Past the cap, the exponent would only grow towards Infinity.
    if (bound < capMs) this.#tries++;
    return this.#random() * bound;
  }

  /** To be called after a success. */
  reset(): void {
    this.#tries = 0;
  }
}
