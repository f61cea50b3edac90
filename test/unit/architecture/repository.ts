/** Reads the modules and the workspace packages of this repository. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Module, parseModule, type WorkspacePackage } from './modules.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Top-level folders with modules. */
export const TREES = ['src', 'packages', 'test', 'tools', 'bench', 'examples'] as const;

/** Every module of the repository, sorted by path, JSON files included. */
export async function readRepository(): Promise<readonly Module[]> {
  const packages = await readPackages();
  const patterns = TREES.map((tree) => `${tree}/**/*.{ts,tsx,mts,cts,js,mjs,json}`);
  const modules = [parseModule('package.json', read('package.json'))];
  for await (const path of glob(patterns, { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**'] }))
    modules.push(parseModule(path, read(path), packages));
  return modules.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The packages below `packages`. */
export async function readPackages(): Promise<readonly WorkspacePackage[]> {
  const packages: WorkspacePackage[] = [];
  for await (const path of glob('packages/*/package.json', { cwd: ROOT }))
    packages.push(parsePackage(posix.dirname(path), read(path)));
  return packages;
}

/** Parses a package.json. A subpath with conditions resolves to the target that is a source file. */
export function parsePackage(folder: string, text: string): WorkspacePackage {
  const manifest: unknown = JSON.parse(text);
  if (!isRecord(manifest) || typeof manifest.name !== 'string') throw new Error(`${folder}/package.json has no name`);
  const { name, exports } = manifest;
  const map = isRecord(exports) && '.' in exports ? exports : { '.': exports };
  const entries = Object.entries(map).flatMap(([subpath, target]) => {
    const source = targetsOf(target).find((each) => /\.(json|tsx?)$/.test(each) && !each.endsWith('.d.ts'));
    return source === undefined ? [] : [[subpath, posix.join(folder, source)] as const];
  });
  return { name, folder, exports: Object.fromEntries(entries) };
}

function targetsOf(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  return isRecord(target) ? Object.values(target).flatMap(targetsOf) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
