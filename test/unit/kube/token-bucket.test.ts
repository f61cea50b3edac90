import { expect, it } from 'vitest';
import { TokenBucket } from '../../../src/kube/token-bucket.ts';

/** How many of many attempts at each of these times succeed. */
function taken(bucket: TokenBucket, times: readonly number[]): readonly number[] {
  return times.map((now) => Array.from({ length: 100 }, () => bucket.take(now)).filter(Boolean).length);
}

it('grants a burst, and then one per refill period, up to the burst', () => {
  expect(taken(new TokenBucket(5, 1_000, 0), [0, 999, 1_000, 1_500, 3_500, 1e9])).toEqual([5, 0, 1, 0, 2, 5]);
});

it('continues if the clock is set back', () => {
  expect(taken(new TokenBucket(5, 1_000, 1e9), [1e9, 1e6, 1e6 + 2_000])).toEqual([5, 0, 2]);
});
