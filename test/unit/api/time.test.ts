import { expect, it } from 'vitest';
import { microTime, timestamp } from '../../../src/api/time.ts';

const AT = Date.UTC(2026, 10, 21, 9, 8, 7, 996);

it('timestamp truncates to the second', () => {
  expect(timestamp(AT)).toBe('2026-11-21T09:08:07Z');
});

it('microTime has six digits', () => {
  expect(microTime(AT)).toBe('2026-11-21T09:08:07.996000Z');
});
