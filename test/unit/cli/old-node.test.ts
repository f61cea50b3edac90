/** An older Node.js gets a one-line error, from the sources and from the bundle; the version is simulated. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build, type Plugin, transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { EXIT } from '../../../src/cli/exit.ts';
import { ERRORS } from '../../../src/runtime/errors.ts';
import { MAIN } from '../../support/invoke.ts';
import { bundleInto } from './bundle.ts';

const run = promisify(execFile);

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-node-'));
  bundle = join(await bundleInto(folder), 'catamaran.js');
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs the program on this Node.js with another reported version. */
async function runOn(version: string, program: string, ...args: string[]) {
  const disguise = join(folder, 'disguise.cjs');
  await writeFile(
    disguise,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  return run(process.execPath, ['--require', disguise, program, ...args]);
}

/** A file of the bundle with its static imports. */
async function staticImports(file: string): Promise<readonly string[]> {
  const dynamic: Plugin = {
    name: 'dynamic imports are external',
    setup: ({ onResolve }) =>
      onResolve({ filter: /./ }, ({ kind }) => (kind === 'dynamic-import' ? { external: true } : undefined)),
  };
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    absWorkingDir: dirname(file),
    plugins: [dynamic],
  });
  const inputs = Object.keys(metafile.inputs).map((input) => join(dirname(file), input));
  return [file, ...inputs.filter((input) => input !== file)];
}

describe.each([
  ['src/cli/main.ts', () => MAIN],
  ['the bundle', () => bundle],
])('%s', (_, program) => {
  it.each(['12.22.12', '20.20.2', '23.99.0'])('reports the required version on Node.js %s', async (version) => {
    await expect(runOn(version, program(), 'crds')).rejects.toMatchObject({
      code: EXIT[ERRORS.CTM_NODE.exit],
      stdout: '',
      stderr: `error: [CTM_NODE] Node.js 24 or later is required, this is ${version}\n`,
    });
  });

  it.each(['24.0.0', '100.0.0'])('runs on Node.js %s', async (version) => {
    expect(await runOn(version, program(), '--version')).toEqual({ stdout: `${packageJson.version}\n`, stderr: '' });
  });
});

// The sources require a Node.js that strips types; the bundle must be parsed by any.
it('everything that the bundle imports before the check can be parsed by Node.js 12', async () => {
  const files = await staticImports(bundle);
  expect(files[0]).toMatch(/catamaran\.js$/);
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    const [old, current] = await Promise.all(['node12.22', 'node24'].map((target) => transform(text, { target })));
    expect(old?.code, file).toBe(current?.code);
  }
});

it('the version is that of package.json', () => {
  expect(packageJson.engines.node).toBe('>=24');
});
