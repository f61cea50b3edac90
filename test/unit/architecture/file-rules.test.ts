import { describe, expect, it } from 'vitest';
import { brokenFileRules } from './file-rules.ts';
import { parseModule } from './modules.ts';

function broken(sources: Readonly<Record<string, string>>) {
  return brokenFileRules(Object.entries(sources).map(([path, text]) => parseModule(path, text)));
}

describe('the environment', () => {
  it.each([
    'export const a = process.env.HOME;',
    "export const a = process['env'];",
    'export const a = globalThis.process.env;',
    'const { stdout, env } = process;',
    'const { stdout, ...rest } = process;',
    'const all = process;',
    "import { env } from 'node:process';",
  ])('is read by one module only: %s', (text) => {
    const message = 'only src/cli/environment.ts reads the environment';
    expect(broken({ 'src/kube/a.ts': text })).toEqual([`src/kube/a.ts: ${message}`]);
    expect(broken({ 'packages/kubesim/src/a.ts': text })).toEqual([`packages/kubesim/src/a.ts: ${message}`]);
    expect(broken({ 'src/cli/environment.ts': text, 'tools/lab/a.ts': text })).toEqual([]);
  });

  it('does not include the rest of `process`', () => {
    expect(broken({ 'src/cli/a.ts': 'const { stdout } = process;\nprocess.exitCode = 1;' })).toEqual([]);
  });
});

describe('a module of src', () => {
  it.each([
    'let a = 0;',
    'export let a = 0;',
    'const a = new Map();',
    'export const a = new Set<string>();',
    'const a = new WeakMap<object, string>();',
  ])('holds no state: %s', (text) => {
    expect(broken({ 'src/core/b.ts': text })).toEqual(['src/core/b.ts: the module holds state: a']);
    expect(broken({ 'test/unit/core/b.ts': text, 'packages/kubesim/src/b.ts': text })).toEqual([]);
  });

  it.each([
    'const a = 0;',
    'const a: ReadonlyMap<string, string> = new Map();',
    'const a = new Set([1, 2]);',
    'function f() { let a = new Map(); return a; }',
  ])('may have a constant: %s', (text) => {
    expect(broken({ 'src/core/b.ts': text })).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    'src/utils/a.ts',
    'src/core/helpers.ts',
    'tools/common/a.ts',
    'bench/misc.ts',
    'test/unit/core/util.test.ts',
    'packages/kubesim/src/helper.ts',
  ])('are specific: %s', (path) => {
    expect(broken({ [path]: '' })).toEqual([`${path}: the name is not specific`]);
  });

  it('occur once in src, except for index files', () => {
    const sources = {
      'src/core/ports.ts': '',
      'src/sandbox/ports.ts': '',
      'src/core/index.ts': '',
      'src/kube/index.ts': '',
      'tools/lab/ports.ts': '',
      'packages/kubesim/src/ports.ts': '',
    };
    expect(broken(sources)).toEqual(['duplicate name: src/core/ports.ts and src/sandbox/ports.ts']);
  });
});

describe('length', () => {
  const lines = (count: number) => 'export {};\n'.repeat(count);

  it.each(['src/core/a.ts', 'packages/kubesim/src/a.ts', 'tools/lab/a.ts', 'bench/a.ts'])(
    'is at most 300 lines: %s',
    (path) => {
      expect(broken({ [path]: lines(301) })).toEqual([`${path}: has more than 300 lines`]);
      expect(broken({ [path]: lines(300) })).toEqual([]);
    },
  );

  it('is not limited for data, tests and the listed files', () => {
    const json = `[${'0,\n'.repeat(400)}0]`;
    const sources = {
      'packages/kubesim/src/a.json': json,
      'test/unit/core/a.test.ts': lines(400),
      'src/kube/watch/reflector.ts': lines(400),
    };
    expect(broken(sources)).toEqual([]);
  });
});
