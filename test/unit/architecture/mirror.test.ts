/** Unit tests mirror `src`: a test file has the name and the folder of the module that it tests. */
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Folders of test/unit that test something other than `src`. */
const NOT_OF_SRC = ['architecture', 'docs', 'examples', 'fuzz', 'tools'];

/** Test files of a whole folder, with what they test. */
const OF_FOLDERS: Readonly<Record<string, string>> = {
  'cli/build.test.ts': 'the bundle',
  'cli/old-node.test.ts': 'the bundle on an older Node.js',
  'cli/pipe.test.ts': 'a program whose output is not read',
  'cli/commands/unlisted.test.ts': 'the dry run and `config check` over members that cannot be listed',
  'core/golden.test.ts': 'messages and change sets',
  'core/desired/automatic-imports.test.ts': 'ServiceImports that Catamaran creates, through merge, desired and plan',
  'core/desired/user-imports.test.ts': 'ServiceImports that users create, through merge, desired and plan',
  'core/poisoned.test.ts': 'texts of other parties in conditions',
  'core/neighbour-untouched.test.ts': 'what one member can change for others: nothing',
  'core/properties.test.ts': 'laws that hold for random fleets',
  'fleet/budget.test.ts': 'a member whose API server sends without end, beside honest ones',
  'fleet/hostile-member.test.ts': 'a member whose API server is hostile, beside honest ones',
  'dns/cases.test.ts': 'responses of the zone, from objects to records',
  'dns/oracle.test.ts': 'the codec against the package dns-packet',
  'dns/recovery.test.ts': 'the zone after its API server was unreachable',
  'kube/kubeconfig/canary.test.ts': 'secrets of kubeconfigs in errors and logs',
};

const paths = (pattern: string, cwd: string) => globSync(pattern, { cwd: join(ROOT, cwd) }).toSorted();

describe('test/unit', () => {
  const tests = paths('**/*.test.ts', 'test/unit').filter((path) => !NOT_OF_SRC.includes(path.split('/')[0] ?? ''));
  const modules = new Set(paths('**/*.ts', 'src'));

  it('has the folders of src', () => {
    expect(tests.length).toBeGreaterThan(50);
    const folders = new Set(tests.map((path) => dirname(path)));
    expect([...folders].filter((folder) => !paths(`${folder}/**/*.ts`, 'src').length)).toEqual([]);
  });

  it('has test files of modules, and listed ones of folders', () => {
    const unnamed = tests.filter((path) => !modules.has(path.replace(/\.test\.ts$/, '.ts')));
    expect(unnamed).toEqual(Object.keys(OF_FOLDERS).toSorted());
  });
});
