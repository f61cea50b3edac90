import { expect, it } from 'vitest';
import { isSettled } from '../../../src/sharing/progress.ts';

it.each([
  ['True', 'Ready', true],
  ['False', 'Pending', false],
  // The import existed before the export that was just created.
  ['False', 'NotExported', false],
  ['False', 'TypeMismatch', true],
  ['False', 'NotAllowed', true],
] as const)('a condition that is %s because of %s is settled: %s', (status, reason, settled) => {
  expect(isSettled({ status, reason })).toBe(settled);
});
