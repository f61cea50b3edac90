import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CatamaranError, ERRORS } from '../../../src/runtime/errors.ts';

const doc = readFileSync(join(import.meta.dirname, '../../../docs/reference/errors.md'), 'utf8');

describe('errors', () => {
  it('each have a line in the docs that says what it means and what to do, and no other line is there', () => {
    const rows = [...doc.matchAll(/^\| `(?<code>CTM_[A-Z_]+)` *\| (?<meaning>[^|]+?) *\| (?<advice>[^|]+?) *\|$/gm)];
    expect(rows.map(({ groups }) => groups?.code).toSorted()).toEqual(Object.keys(ERRORS).toSorted());
    for (const { groups } of rows) {
      expect(groups?.meaning?.trim(), groups?.code).not.toBe('');
      expect(groups?.advice?.trim(), groups?.code).not.toBe('');
    }
    expect(doc.match(/CTM_[A-Z_]+/g)).toHaveLength(rows.length);
  });

  it('carry a code, a message and their cause', () => {
    const cause = new Error('disk');
    const error = new CatamaranError('CTM_CONFIG_READ', 'fleet.yaml: no', { cause });
    expect(error).toMatchObject({ code: 'CTM_CONFIG_READ', message: 'fleet.yaml: no', cause, name: 'CatamaranError' });
  });
});
