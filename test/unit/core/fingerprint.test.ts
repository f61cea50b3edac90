import { expect, test } from 'vitest';
import { digits, equal, fingerprint } from '../../../src/core/fingerprint.ts';

test('equality is that of plain data', () => {
  expect(equal({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(equal({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  expect(equal({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(equal({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBe(true);
  expect(equal([1, 2], [1])).toBe(false);
  expect(equal([], {})).toBe(false);
  expect(equal({ a: 1 }, null)).toBe(false);
  expect(equal({ a: 1 }, { b: 1 })).toBe(false);
  expect(equal([undefined], [])).toBe(false);
});

test('a fingerprint is 22 characters that tell values apart', () => {
  expect(fingerprint({ a: [1, 'x'] })).toMatch(/^[-\w]{22}$/);
  expect(fingerprint({ a: [1, 'x'] })).toBe(fingerprint({ a: [1, 'x'] }));
  expect(fingerprint({ a: [1, 'y'] })).not.toBe(fingerprint({ a: [1, 'x'] }));
});

test('digits are hexadecimal, and of a text', () => {
  // The start of the SHA-256 of "abc" (FIPS 180-4, example B.1).
  expect(digits('abc', 16)).toBe('ba7816bf8f01cfea');
  expect(digits('abd', 16)).not.toBe(digits('abc', 16));
});
