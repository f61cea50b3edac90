import { expect, test } from 'vitest';
import { propagationMs } from '../../../src/controller/propagation.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');

test.each([
  ['2026-05-01T12:00:00Z', 0],
  ['2026-05-01T11:59:59.900Z', 100],
  ['2026-05-01T11:00:00Z', 3_600_000],
  ['2026-05-01T10:59:59Z', undefined],
  ['1970-01-01T00:00:00Z', undefined],
  ['2026-05-01T12:00:01Z', undefined],
  ['yesterday', undefined],
])('a change at %s took %s ms', (changedAt, expected) => {
  expect(propagationMs(changedAt, NOW)).toBe(expected);
});
