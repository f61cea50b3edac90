/** Documents name files; those have to exist. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Paths in backticks that begin at the root of the repository. */
function namedPaths(document: string): readonly string[] {
  return [...document.matchAll(/`((?:src|packages|test|tools|docs|examples|bench)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  );
}

/** Relative targets of links, without fragments. */
function linkedPaths(document: string): readonly string[] {
  return [...document.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)/g)].map(([, path = '']) => path);
}

describe.each(['docs/faq.md', 'CONTRIBUTING.md', 'README.md', 'docs/reference/errors.md'])('%s', (file) => {
  const document = readFileSync(join(ROOT, file), 'utf8');

  it('names files that exist', () => {
    expect(namedPaths(document).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('links to files that exist', () => {
    expect(linkedPaths(document).filter((path) => !existsSync(join(ROOT, dirname(file), path)))).toEqual([]);
  });
});

it('finds paths and links', () => {
  expect(namedPaths('See `src/core/nowhere.ts` and `make docs`.')).toEqual(['src/core/nowhere.ts']);
  expect(linkedPaths('[a](b.md#c), [d](https://e.f), [g](#h)')).toEqual(['b.md']);
});
