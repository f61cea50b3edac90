import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/reference/semantics.md'), 'utf8');

function numbers(text: string, pattern: RegExp): readonly number[] {
  return [...text.matchAll(pattern)].map(([, number]) => Number(number));
}

/** Numbers of the rules that titles of tests name, such as `rule 7: families are those that all exporters share`. */
function named(): ReadonlySet<number> {
  const files = globSync('{test,packages/*/test}/**/*.test.ts', { cwd: ROOT });
  return new Set(files.flatMap((file) => numbers(readFileSync(join(ROOT, file), 'utf8'), /['"`]rule (\d+): /g)));
}

describe('docs/reference/semantics.md', () => {
  const rules = numbers(PAGE, /^### Rule (\d+): \S/gm);

  it('numbers each rule once', () => {
    expect(rules.length).toBeGreaterThanOrEqual(28);
    expect(rules).toEqual([...new Set(rules)]);
  });

  it('has a test for each rule, and a rule for each number that a test names', () => {
    expect([...named()].toSorted((a, b) => a - b)).toEqual(rules.toSorted((a, b) => a - b));
  });
});
