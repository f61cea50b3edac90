/**
 * Installs the packed kubesim and the other packages of this example from npm in an empty directory, and runs the
 * example's test there: `node examples/kubesim-vitest/run.ts`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

const folder = mkdtempSync(join(tmpdir(), 'kubesim-vitest-'));
try {
  const packed = execFileSync(process.execPath, [join(ROOT, 'tools/tasks/pack-kubesim.ts')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const name of ['package.json', 'tsconfig.json', 'crd.ts', 'controller.ts', 'controller.test.ts'])
    cpSync(join(import.meta.dirname, name), join(folder, name));
  // The scripts must run on this Node.js version, whichever is first in PATH.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  const npm = (...args: readonly string[]) => execFileSync('npm', args, { cwd: folder, env, stdio: 'inherit' });
  npm('install', '--save-dev', '--no-audit', '--no-fund', packed.trim());
  npm('test');
  // A full check of kubesim's declarations alone, since those of the Kubernetes client contain errors.
  writeFileSync(join(folder, 'kubesim.ts'), "export * from 'kubesim';\n");
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--types', 'node'];
  npm('exec', '--', 'tsc', ...options, 'kubesim.ts');
} finally {
  rmSync(folder, { recursive: true });
}
