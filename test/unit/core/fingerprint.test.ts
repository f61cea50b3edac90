import { expect, test } from 'vitest';
import { equal } from '../../../src/core/fingerprint.ts';

test('equality is that of plain data', () => {
  expect(equal({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(equal({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBe(true);
  expect(equal([1, 2], [1])).toBe(false);
  expect(equal([], {})).toBe(false);
  expect(equal({ a: 1 }, null)).toBe(false);
  expect(equal({ a: 1 }, { b: 1 })).toBe(false);
});
