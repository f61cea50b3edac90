/**
 * `make kubesim`: builds and packs packages/kubesim for npm, and prints the path of the tarball.
 * `node tools/tasks/pack-kubesim.ts`.
 *
 * The repository uses the TypeScript sources through the package's exports map. The published package has one
 * JavaScript file and its declarations.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../paths.ts';

const SOURCE = join(ROOT, 'packages', 'kubesim');
const DIST = join(SOURCE, 'dist');
const DECLARATIONS = join(DIST, 'types');
const PACKAGE = join(DIST, 'package');

rmSync(DIST, { recursive: true, force: true });
await build({
  absWorkingDir: SOURCE,
  entryPoints: ['src/index.ts'],
  outfile: join(PACKAGE, 'index.js'),
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'warning',
});
execFileSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['--project', SOURCE], { stdio: 'inherit' });
for (const path of reachable('index.d.ts')) {
  mkdirSync(dirname(join(PACKAGE, 'types', path)), { recursive: true });
  cpSync(join(DECLARATIONS, path), join(PACKAGE, 'types', path));
}
cpSync(join(SOURCE, 'README.md'), join(PACKAGE, 'README.md'));
cpSync(join(ROOT, 'LICENSE'), join(PACKAGE, 'LICENSE'));
writeFileSync(join(PACKAGE, 'package.json'), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`);
const pack = ['pack', '--silent', '--pack-destination', DIST];
const tarball = execFileSync('npm', pack, { cwd: PACKAGE, encoding: 'utf8' }).trim();
console.log(join(DIST, tarball));

/** A declaration file and its transitive imports, as paths relative to {@link DECLARATIONS}. */
function reachable(path: string, found: Set<string> = new Set()): ReadonlySet<string> {
  if (found.has(path)) return found;
  found.add(path);
  const text = readFileSync(join(DECLARATIONS, path), 'utf8');
  for (const [, target = ''] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g))
    reachable(`${join(dirname(path), target)}.d.ts`, found);
  return found;
}

/** The manifest for npm. The one in the repository is private and exports sources. */
function publishedManifest(): object {
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8'));
  const { private: _private, ...published } = manifest;
  return { ...published, exports: { '.': { types: './types/index.d.ts', default: './index.js' } } };
}
