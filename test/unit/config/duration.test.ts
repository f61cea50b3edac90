import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/config/duration.ts';

describe('a duration', () => {
  it.each([
    ['15s', 15_000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['2h3m4s5ms', 7_384_005],
    ['0s', 0],
  ])('%s has %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '15', 's', '-1s', '1 s', '1d', '15S', '1s ', '.5s'])('is not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
