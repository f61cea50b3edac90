import { describe, expect, it } from 'vitest';
import { isTooMuch, lossText, NOTHING_SERVED, sumOf } from '../../../src/core/edit-loss.ts';

const served = (endpoints: number, exports = 0, imports = 0) => ({ endpoints, exports, imports });
const limits = { percent: 50, minimum: 5 };

describe('rule 51: an edit', () => {
  it.each([
    ['nothing', served(10), served(10), false],
    ['half', served(10), served(5), false],
    ['more than half', served(10), served(4), true],
    ['all, but less than the minimum', served(4), served(0), false],
    ['all, at the minimum', served(5), NOTHING_SERVED, true],
    ['all exports', served(0, 5), NOTHING_SERVED, true],
    ['all imports', served(100, 100, 5), served(100, 100, 0), true],
    ['less than it adds', served(10, 2), served(4, 20), true],
  ])('that removes %s is held back or not', (_, before, after, isHeld) => {
    expect(isTooMuch(before, after, limits)).toBe(isHeld);
  });

  it('is never held back if 100 percent are allowed, and always with neither limit', () => {
    expect(isTooMuch(served(1_000), NOTHING_SERVED, { percent: 100, minimum: 1 })).toBe(false);
    expect(isTooMuch(served(1_000), served(999), { percent: 0, minimum: 1 })).toBe(true);
  });

  it('is described by what it removes', () => {
    expect(lossText(served(10, 3, 1), served(4, 3, 2))).toBe('6 of 10 endpoints');
    expect(lossText(served(10, 3, 1), NOTHING_SERVED)).toBe('10 of 10 endpoints, 3 of 3 exports, 1 of 1 imports');
    expect(lossText(served(1), served(1))).toBe('');
  });

  it('is compared with the sum of all members', () => {
    expect(sumOf([served(1, 2, 3), served(4, 5, 6)])).toEqual(served(5, 7, 9));
    expect(sumOf([])).toEqual(NOTHING_SERVED);
  });
});
