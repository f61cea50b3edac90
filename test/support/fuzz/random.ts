/** Random numbers below a bound. */
export type Below = (bound: number) => number;

/** A seeded generator (xorshift32). Consecutive seeds are mixed first, so that their sequences do not resemble. */
export function randomOf(seed: number): Below {
  let state = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

export function pick<T>(items: readonly [T, ...T[]], below: Below): T {
  return items[below(items.length)] ?? items[0];
}
