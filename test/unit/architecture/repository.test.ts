import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXCEPTIONS } from './exceptions.ts';
import { brokenFileRules, ENVIRONMENT, LONGER } from './file-rules.ts';
import { cyclicImports, cyclicLines, forbiddenImports, placeOf } from './import-rules.ts';
import { TABLE } from './import-table.ts';
import type { Module } from './modules.ts';
import { readRepository, TREES } from './repository.ts';

describe('the repository', () => {
  let modules: readonly Module[];
  let problems: readonly string[];

  beforeAll(async () => {
    modules = await readRepository();
    problems = [...forbiddenImports(modules, TABLE), ...cyclicImports(modules, TABLE), ...brokenFileRules(modules)];
  });

  it('is read completely: modules of every tree, and their imports', () => {
    const trees = new Set(modules.map(({ path }) => path.split('/')[0] ?? ''));
    expect([...trees]).toEqual(expect.arrayContaining([...TREES]));
    expect(modules.length).toBeGreaterThan(400);
    expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(2 * modules.length);
  });

  it('obeys the import table and the file rules, without cycles', () => {
    expect(problems.filter((problem) => !EXCEPTIONS.some((exception) => problem.endsWith(exception)))).toEqual([]);
  });

  it('needs each exception', () => {
    const unneeded = EXCEPTIONS.filter((exception) => !problems.some((problem) => problem.endsWith(exception)));
    expect(unneeded).toEqual([]);
    const long = modules.filter(({ lines }) => lines > 300).map(({ path }) => path);
    expect(long).toEqual(expect.arrayContaining([...LONGER]));
  });

  it('needs each line of the table', () => {
    const places = new Set(modules.map(({ path }) => placeOf(path, TABLE)?.line));
    const unused = Object.keys(TABLE).filter((key) => !places.has(TABLE[key]));
    expect(unused).toEqual([]);
  });

  it('has each folder of src and its line in ARCHITECTURE.md', () => {
    const root = join(import.meta.dirname, '../../..');
    const rows = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `(\w+)` +\|.*\|(.*)\|$/gm);
    const drawn = [...rows].map(
      ([, folder = '', imports = '']) => [folder, [...imports.matchAll(/`(\w+)`/g)].map(([, name]) => name)] as const,
    );
    const folders = readdirSync(join(root, 'src'));
    const lineOf = (folder: string) =>
      TABLE[`src/${folder}`]?.imports.filter((path) => path.startsWith('src/')).map((path) => path.slice(4));
    expect(Object.fromEntries(drawn.filter(([folder]) => folders.includes(folder)))).toEqual(
      Object.fromEntries(folders.map((folder) => [folder, lineOf(folder)])),
    );
  });

  it('has a module that reads the environment', () => {
    expect(modules.find(({ path }) => path === ENVIRONMENT)?.readsEnvironment).toBe(true);
  });

  it('has a table without cycles', () => {
    expect(cyclicLines(TABLE)).toEqual([]);
  });
});
