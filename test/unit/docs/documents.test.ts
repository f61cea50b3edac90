/** The files that documents name and link to exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

const TREES = 'src|packages|test|tools|docs|examples|bench';

/** Paths in backticks: from the root of the repository, and those of modules from `src`. */
function namedPaths(document: string): readonly string[] {
  const paths = document.matchAll(new RegExp(`\`((?:${TREES})/[\\w./-]+|[\\w-]+/[\\w./-]+\\.ts)\``, 'g'));
  return [...paths].map(([, path = '']) => path);
}

function exists(path: string): boolean {
  return existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'src', path));
}

/** Relative targets of links, without fragments. */
function linkedPaths(document: string): readonly string[] {
  return [...document.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)/g)].map(([, path = '']) => path);
}

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/faq.md', 'docs/reference/errors.md'];

/** All documents. Those of tests and tools have no links. */
const ALL = ['.', 'docs', 'bench', 'examples', 'packages/kubesim']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: folder !== '.', encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((path) => path.endsWith('.md') && !path.includes('node_modules'));

it.each(ALL)('%s links to files that exist', (file) => {
  const document = readFileSync(join(ROOT, file), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  expect(linkedPaths(document).filter((path) => !existsSync(join(ROOT, dirname(file), path)))).toEqual([]);
});

describe.each(DOCUMENTS)('%s', (file) => {
  const document = readFileSync(join(ROOT, file), 'utf8');

  it('names files that exist', () => {
    expect(namedPaths(document).filter((path) => !exists(path))).toEqual([]);
  });
});

it('finds paths and links', () => {
  const paths = ['src/core/nowhere.ts', 'core/nowhere.ts', 'test/nowhere'];
  expect(namedPaths('See `src/core/nowhere.ts`, `core/nowhere.ts`, `test/nowhere` and `make docs`.')).toEqual(paths);
  expect(paths.filter(exists)).toEqual([]);
  expect(exists('src/core/naming.ts') && exists('core/naming.ts')).toBe(true);
  expect(linkedPaths('[a](b.md#c), [d](https://e.f), [g](#h)')).toEqual(['b.md']);
});
