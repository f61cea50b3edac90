import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareSurvivors, readSurvivors, showMutant } from '../../../tools/mutation/survivors.ts';

const CORE = join(import.meta.dirname, '../../../src/core');

const SOURCE = ['function half(n: number) {', '  if (n < 0) return 0;', '  return n / 2;', '}'].join('\n');

function report(replacement: string, start: [number, number], end: [number, number]) {
  const [startPosition, endPosition] = [start, end].map(([line, column]) => ({ line, column }));
  if (!startPosition || !endPosition) throw new Error('two positions');
  return { fileName: 'half.ts', status: 'Survived', replacement, location: { start: startPosition, end: endPosition } };
}

describe('a mutant', () => {
  test('is shown by its line, before and after', () => {
    expect(showMutant(SOURCE, report('true', [2, 7], [2, 12]))).toEqual({
      before: 'if (n < 0) return 0;',
      after: 'if (true) return 0;',
    });
  });

  test('that spans several lines is shown by its first line', () => {
    expect(showMutant(SOURCE, report('{}', [1, 26], [4, 2]))).toEqual({
      before: 'function half(n: number) {',
      after: 'function half(n: number) {}',
    });
  });
});

describe('survivors', () => {
  const survivor = { file: 'half.ts', before: 'a', after: 'b', survived: true };
  const listed = [{ file: 'half.ts', reason: 'because', mutants: [{ before: 'a', after: 'b' }] }];

  test('that are listed are not a difference', () => {
    expect(compareSurvivors([survivor], listed)).toEqual({ unlisted: [], stale: [] });
  });

  test('that are not listed are a difference', () => {
    expect(compareSurvivors([survivor], []).unlisted).toMatchObject([{ file: 'half.ts', before: 'a', after: 'b' }]);
    expect(compareSurvivors([{ ...survivor, after: 'c' }, survivor], listed).unlisted).toMatchObject([{ after: 'c' }]);
  });

  test('that were killed or no longer exist make their entry stale', () => {
    expect(compareSurvivors([{ ...survivor, survived: false }], listed).stale).toMatchObject([{ before: 'a' }]);
    expect(compareSurvivors([{ ...survivor, before: 'x', after: 'y' }], listed).stale).toMatchObject([{ before: 'a' }]);
  });

  test('of files outside the run are ignored', () => {
    expect(compareSurvivors([{ ...survivor, file: 'other.ts', survived: false }], listed).stale).toEqual([]);
  });

  test('are listed only for existing lines of src/core', () => {
    const missing = readSurvivors().flatMap(({ file, mutants }) => {
      const lines = readFileSync(join(CORE, file), 'utf8')
        .split('\n')
        .map((line) => line.trim());
      return mutants.filter(({ before }) => !lines.includes(before)).map(({ before }) => `${file}: ${before}`);
    });
    expect(missing).toEqual([]);
  });
});
