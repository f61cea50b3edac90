import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Module, parseModule, readModules } from './modules.ts';
import { ENVIRONMENT, TABLE, violations } from './rules.ts';

describe('src', () => {
  let modules: Module[];

  beforeAll(async () => {
    modules = await readModules(join(import.meta.dirname, '../../../src'));
  });

  it('was read: modules, imports, and every folder that there is', () => {
    expect(modules.length).toBeGreaterThan(30);
    expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(modules.length);
    const folders = new Set(modules.map((module) => module.path.split('/')[0] ?? ''));
    for (const folder of ['api', 'cli', 'config', 'controller', 'core', 'fleet', 'kube', 'runtime', 'server'])
      expect(folders).toContain(folder);
    expect([...folders].filter((folder) => !(folder in TABLE))).toEqual([]);
  });

  it('keeps to the import table', () => {
    expect(violations(modules)).toEqual([]);
  });

  it('has one module that reads the environment', () => {
    expect(modules.filter((module) => module.readsEnvironment).map((module) => module.path)).toEqual([ENVIRONMENT]);
  });
});

describe('the check', () => {
  const check = (sources: Record<string, string>) =>
    violations(Object.entries(sources).map(([path, text]) => parseModule(path, text)));

  it.each([
    ["import { a } from '../kube/b.ts';", 'core/a.ts -> kube/b.ts: core may not import kube'],
    ["import type { A } from '../kube/b.ts';", 'core/a.ts -> kube/b.ts: core may not import kube'],
    ["export * from '../kube/b.ts';", 'core/a.ts -> kube/b.ts: core may not import kube'],
    ["export { a } from '../kube/b.ts';", 'core/a.ts -> kube/b.ts: core may not import kube'],
    ["const a = await import('../kube/b.ts');", 'core/a.ts -> kube/b.ts: core may not import kube'],
    ["type A = import('../kube/b.ts').A;", 'core/a.ts -> kube/b.ts: core may not import kube'],
    ["import { readFile } from 'node:fs/promises';", 'core may not import the package node:fs/promises'],
    ["import { request } from 'undici';", 'core may not import the package undici'],
    ["import { a } from './gone.ts';", 'core/a.ts -> core/gone.ts: there is no such module in src'],
    ["import { a } from '../../test/a.ts';", 'there is no such module in src'],
    ["import p from '../../package.json' with { type: 'json' };", 'core may not read package.json'],
    ['export const a = process.env.HOME;', 'core/a.ts: only cli/environment.ts reads the environment'],
    ["export const a = process['env'];", 'reads the environment'],
    ['export const a = globalThis.process.env;', 'reads the environment'],
    ['const { stdout, env } = process;', 'reads the environment'],
    ['const { stdout, ...rest } = process;', 'reads the environment'],
    ['const all = process;', 'reads the environment'],
    ["import { env } from 'node:process';", 'reads the environment'],
  ])('refuses %s in core', (text, expected) => {
    expect(check({ 'core/a.ts': text, 'kube/b.ts': '' }).join('\n')).toContain(expected);
  });

  it('lets through what the table allows', () => {
    const core =
      "import { createHash } from 'node:crypto';\nimport type { A } from '../api/a.ts';\nexport * from './b.ts';";
    const http = "import { Hono } from 'hono/tiny';\nconst { stdout } = process;";
    expect(check({ 'core/a.ts': core, 'core/b.ts': '', 'api/a.ts': '', 'server/a.ts': http })).toEqual([]);
  });

  it('refuses a folder that the table does not know', () => {
    expect(check({ 'utils/a.ts': "import 'yaml';" })).toEqual([
      'utils/a.ts -> yaml: the folder utils has no line in the import table',
    ]);
  });

  it('finds a cycle, of types as well', () => {
    const sources = {
      'api/a.ts': "import './b.ts';",
      'api/b.ts': "import type { C } from './c.ts';",
      'api/c.ts': "export { b } from './b.ts';",
    };
    expect(check(sources)).toEqual(['a cycle: api/b.ts -> api/c.ts -> api/b.ts']);
  });

  it('does not accept an import that it cannot follow', () => {
    expect(() => parseModule('api/a.ts', 'await import(name);')).toThrow('computed module');
  });
});
