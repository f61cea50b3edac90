import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ExportCondition, ExportReason, ImportCondition, ImportReason } from '../../../src/api/multicluster.ts';

it('has a line in docs/reference/conditions.md for each condition and reason', () => {
  const text = readFileSync(new URL('../../../docs/reference/conditions.md', import.meta.url), 'utf8');
  for (const names of [ExportCondition, ExportReason, ImportCondition, ImportReason]) {
    for (const name of Object.values(names)) expect(text).toContain(`\`${name}\``);
  }
});
