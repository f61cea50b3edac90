import { describe, expect, it } from 'vitest';
import { cyclicImports, cyclicLines, forbiddenImports, placeOf } from './import-rules.ts';
import { TABLE, type Table } from './import-table.ts';
import { parseModule, type WorkspacePackage } from './modules.ts';
import { parsePackage } from './repository.ts';

const KUBESIM = parsePackage(
  'packages/kubesim',
  JSON.stringify({ name: 'kubesim', exports: { '.': { types: './dist/index.d.ts', source: './src/index.ts' } } }),
);

type Sources = Readonly<Record<string, string>>;

function parse(sources: Sources, packages: readonly WorkspacePackage[] = [KUBESIM]) {
  return Object.entries(sources).map(([path, text]) => parseModule(path, text, packages));
}

describe('forbidden imports', () => {
  const forbidden = (sources: Sources) => forbiddenImports(parse(sources), TABLE);

  it.each([
    ["import { a } from '../kube/b.ts';", 'src/core/a.ts -> src/kube/b.ts: src/core may not import src/kube'],
    ["import type { A } from '../kube/b.ts';", 'src/core may not import src/kube'],
    ["import { type A } from '../kube/b.ts';", 'src/core may not import src/kube'],
    ["import '../kube/b.ts';", 'src/core may not import src/kube'],
    ["export * from '../kube/b.ts';", 'src/core may not import src/kube'],
    ["export { a } from '../kube/b.ts';", 'src/core may not import src/kube'],
    ["export type { A } from '../kube/b.ts';", 'src/core may not import src/kube'],
    ["const a = await import('../kube/b.ts');", 'src/core may not import src/kube'],
    ["type A = import('../kube/b.ts').A;", 'src/core may not import src/kube'],
    ["import { readFile } from 'node:fs/promises';", 'src/core may not import the package node:fs/promises'],
    ["import { request } from 'undici';", 'src/core may not import the package undici'],
    ["import { startCluster } from 'kubesim';", 'src/core may not import the package kubesim'],
    ["import { a } from './gone.ts';", 'src/core/a.ts -> src/core/gone.ts: module not found'],
    ["import { a } from '../../test/unit/core/a.ts';", 'src/core may not import test/unit/core'],
    ["import p from '../../package.json' with { type: 'json' };", 'src/core may not import package.json'],
  ])('are found: %s in core', (text, expected) => {
    const others = { 'src/kube/b.ts': '', 'test/unit/core/a.ts': '', 'packages/kubesim/src/index.ts': '' };
    const found = forbidden({ 'src/core/a.ts': text, 'package.json': '{}', ...others });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it.each([
    ['src/dns/a.ts', 'src/fleet/b.ts'],
    ['src/sandbox/a.ts', 'src/cli/b.ts'],
    ['src/runtime/a.ts', 'src/api/b.ts'],
    ['src/cli/a.ts', 'packages/kubesim/src/cluster.ts'],
    ['src/cli/a.ts', 'tools/controlplane/b.ts'],
    ['packages/kubesim/src/cluster.ts', 'src/api/b.ts'],
    ['packages/kubesim/src/cluster.ts', 'tools/controlplane/b.ts'],
    ['packages/kubesim/src/schema/a.ts', 'packages/kubesim/src/resources/b.ts'],
    ['packages/kubesim/src/network/a.ts', 'packages/kubesim/src/cluster.ts'],
    ['test/unit/core/a.ts', 'test/unit/kube/b.ts'],
    ['test/unit/core/a.ts', 'test/contract/b.ts'],
    ['test/support/a.ts', 'test/contract/b.ts'],
    ['tools/tasks/a.ts', 'test/support/b.ts'],
    ['tools/tasks/a.ts', 'src/core/b.ts'],
    ['test/contract/a.ts', 'bench/b.ts'],
    // Bypasses the package's name.
    ['src/sandbox/a.ts', 'packages/kubesim/src/cluster.ts'],
  ])('are found: %s -> %s', (from, to) => {
    const up = '../'.repeat(from.split('/').length - 1);
    expect(forbidden({ [from]: `import type { A } from '${up}${to}';`, [to]: '' })).toHaveLength(1);
  });

  it('are found if a package has no such export', () => {
    expect(forbidden({ 'src/sandbox/a.ts': "import 'kubesim/inside';" })).toEqual([
      'src/sandbox/a.ts -> packages/kubesim/inside: module not found',
    ]);
  });

  it('are not those that the table allows', () => {
    const core =
      "import { createHash } from 'node:crypto';\nimport type { A } from '../api/a.ts';\nexport * from './b.ts';";
    const sources = {
      'package.json': '{}',
      'src/api/a.ts': '',
      'src/core/a.ts': core,
      'src/core/b.ts': '',
      'src/kube/a.ts': "import p from '../../package.json' with { type: 'json' };",
      'src/server/a.ts': "import { Hono } from 'hono/tiny';",
      'src/sandbox/a.ts': "import { startCluster } from 'kubesim';",
      'packages/kubesim/src/index.ts': "import './schema/a.ts';\nimport { once } from 'node:events';",
      'packages/kubesim/src/schema/a.ts': "import data from './a.json' with { type: 'json' };",
      'packages/kubesim/src/schema/a.json': '{}',
      'test/unit/core/a.test.ts': "import '../../../src/core/a.ts';\nimport './world.ts';\nimport 'vitest';",
      'test/unit/core/world.ts': '',
    };
    expect(forbidden(sources)).toEqual([]);
  });

  it.each(['src/other/a.ts', 'src/a.ts', 'packages/kubesim/src/storage/a.ts', 'test/other/a.ts', 'tools/a/b.ts'])(
    'include %s, whose folder has no line',
    (path) => {
      expect(forbidden({ [path]: '' })).toEqual([`${path}: its folder has no line in the import table`]);
    },
  );

  it('do not accept an import that cannot be followed', () => {
    expect(() => parse({ 'src/api/a.ts': 'await import(name);' })).toThrow('computed module');
  });
});

describe('cycles', () => {
  const cycles = (sources: Sources) => cyclicImports(parse(sources), TABLE);

  it.each([
    ['values', "import { b } from './b.ts';"],
    ['types', "import type { B } from './b.ts';"],
    ['types written inline', "let b: import('./b.ts').B;"],
    ['an export from', "export { b } from './b.ts';"],
    ['an export of all', "export * from './b.ts';"],
    ['a dynamic import', "const b = await import('./b.ts');"],
  ])('are found: %s', (_, text) => {
    const back = "import type { A } from './a.ts';";
    expect(cycles({ 'tools/lab/a.ts': text, 'tools/lab/b.ts': back })).toEqual([
      'a cycle: tools/lab/a.ts -> tools/lab/b.ts -> tools/lab/a.ts',
    ]);
  });

  it('are found across packages', () => {
    const sources = {
      'packages/kubesim/src/index.ts': "import type { A } from '../../../src/sandbox/a.ts';",
      'src/sandbox/a.ts': "import 'kubesim';",
    };
    expect(cycles(sources)).toEqual([
      'a cycle: packages/kubesim/src/index.ts -> src/sandbox/a.ts -> packages/kubesim/src/index.ts',
      'a cycle of folders: packages/kubesim/src -> src/sandbox -> packages/kubesim/src',
    ]);
  });

  it('are all found, not only the first', () => {
    const sources = {
      'src/api/a.ts': "import './b.ts';",
      'src/api/b.ts': "import './c.ts';",
      'src/api/c.ts': "import './b.ts';",
      'bench/d.ts': "import type { D } from './d.ts';",
    };
    expect(cycles(sources)).toEqual([
      'a cycle: bench/d.ts -> bench/d.ts',
      'a cycle: src/api/b.ts -> src/api/c.ts -> src/api/b.ts',
    ]);
  });

  it('are found between folders even if their files have none', () => {
    const sources = {
      'tools/lab/a.ts': "import '../tasks/b.ts';",
      'tools/tasks/b.ts': '',
      'tools/tasks/c.ts': "import '../lab/d.ts';",
      'tools/lab/d.ts': '',
    };
    expect(cycles(sources)).toEqual(['a cycle of folders: tools/lab -> tools/tasks -> tools/lab']);
  });

  it('are found in the table itself', () => {
    const table: Table = { 'src/a': { imports: ['src/b'] }, 'src/b': { imports: ['src'] } };
    expect(cyclicLines(table)).toEqual(['a cycle in the table: src/a -> src/b -> src/a']);
  });
});

describe('the line of a module', () => {
  const table: Table = { a: { imports: [] }, 'a/b': { imports: [] }, 'c/*': { imports: [] }, 'c/d': { imports: [] } };

  it.each([
    ['a/x.ts', 'a'],
    ['a/b/x.ts', 'a/b'],
    ['a/b/c/x.ts', 'a/b'],
    ['a/other/x.ts', undefined],
    ['c/any/x.ts', 'c/any'],
    ['c/any/deeper/x.ts', 'c/any'],
    ['c/x.ts', undefined],
    ['d/x.ts', undefined],
  ])('%s: %s', (path, folder) => {
    expect(placeOf(path, table)?.folder).toBe(folder);
  });

  it('is that of its own folder, rather than the wildcard', () => {
    expect(placeOf('c/d/x.ts', table)?.line).toBe(table['c/d']);
  });
});

describe('a package', () => {
  it('exports source files, even under conditions', () => {
    const text = JSON.stringify({ name: 'a', exports: { '.': './src/index.ts', './b': { default: './src/b.ts' } } });
    expect(parsePackage('packages/a', text).exports).toEqual({
      '.': 'packages/a/src/index.ts',
      './b': 'packages/a/src/b.ts',
    });
  });

  it('may have one export without a map', () => {
    const text = JSON.stringify({ name: 'a', exports: './src/index.ts' });
    expect(parsePackage('packages/a', text).exports).toEqual({ '.': 'packages/a/src/index.ts' });
  });
});
