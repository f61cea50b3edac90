/** The remedies of `explain`, and the advice of the documents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remedyOfExport, remedyOfImport } from '../../../../src/inspect/explain/remedies.ts';

/** Nothing is broken, or the hop has a remedy of its own. */
const OTHERS = ['NoConflicts', 'HostnameCollision', 'Exported'];

interface Row {
  readonly reason: string;
  readonly advice: string;
}

/** Rows of reasons in the table of a kind. Conflicts share one row, which has several reasons. */
function rowsOf(kind: string): readonly Row[] {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/reference/conditions.md'), 'utf8');
  const table = text.split(`## ${kind}\n`)[1]?.split('\n## ')[0] ?? '';
  return table.split('\n').flatMap((line) => {
    const [, , status = '', reasons = '', , advice = ''] = line.split('|').map((cell) => cell.trim());
    const [reason, ...more] = [...reasons.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    const isAlone = reason !== undefined && more.length === 0 && !OTHERS.includes(reason);
    return isAlone && status === 'False' ? [{ reason, advice }] : [];
  });
}

describe.each([
  ['ServiceExport', remedyOfExport],
  ['ServiceImport', remedyOfImport],
])('%s', (kind, remedyOf) => {
  const rows = rowsOf(kind);

  it('has rows', () => expect(rows.length).toBeGreaterThan(5));

  it.each(rows)('$reason: explain has a remedy if the documents have one', ({ reason, advice }) => {
    expect(remedyOf(reason) !== undefined).toBe(advice !== '');
  });

  it('a reason of another implementation has none', () => expect(remedyOf('SomethingElse')).toBeUndefined());
});
