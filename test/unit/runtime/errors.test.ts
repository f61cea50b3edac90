import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit.ts';
import { CatamaranError, ERRORS } from '../../../src/runtime/errors.ts';

const doc = readFileSync(join(import.meta.dirname, '../../../docs/reference/errors.md'), 'utf8');

describe('errors', () => {
  it('match the rows of the docs, each with exit code, meaning and advice', () => {
    const row = /^\| `(?<code>\w+)` *\| (?<exit>\d+) *\| (?<meaning>[^|]+?) *\| (?<advice>[^|]+?) *\|$/gm;
    const rows = [...doc.matchAll(row)].map(({ groups }) => groups ?? {});
    expect(rows.map(({ code, exit, meaning }) => [code, Number(exit), meaning])).toEqual(
      Object.entries(ERRORS).map(([code, { exit, summary }]) => [
        code,
        EXIT[exit],
        `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
      ]),
    );
    for (const { code, advice } of rows) expect(advice, code).toMatch(/\.$/);
  });

  it('carry a code, a message and their cause', () => {
    const cause = new Error('disk');
    const error = new CatamaranError('CTM_CONFIG_READ', 'fleet.yaml: no', { cause });
    expect(error).toMatchObject({ code: 'CTM_CONFIG_READ', message: 'fleet.yaml: no', cause, name: 'CatamaranError' });
  });
});
