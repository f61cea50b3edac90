/** Reads what modules import and whether they read the environment, from their syntax tree. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** One source file. Paths are relative to src, with slashes. */
export interface Module {
  readonly path: string;
  /** What it imports, types included: paths relative to src, or names of packages. */
  readonly imports: readonly string[];
  readonly readsEnvironment: boolean;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function* nodes(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodes(item);
  if (!isNode(value)) return;
  yield value;
  for (const field of Object.values(value)) yield* nodes(field);
}

function isIdentifier(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value.name === name;
}

const IMPORTING = [
  'ImportDeclaration',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'ImportExpression',
  'TSImportType',
];

/** What a node imports. A dynamic import must name its module, or no check could follow it. */
function sourceOf(node: Node): string | undefined {
  if (!IMPORTING.includes(node.type) || node.source === null || node.source === undefined) return undefined;
  if (isNode(node.source) && typeof node.source.value === 'string') return node.source.value;
  throw new Error(`${node.type} of a computed module`);
}

/** `process.env`, `process['env']` and `const { env } = process`; `node:process` counts as well, where imported. */
function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression' && isNode(node.property)) {
    const named = isIdentifier(node.property, 'env') || node.property.value === 'env';
    return named && (isIdentifier(node.object, 'process') || isProcessOfGlobal(node.object));
  }
  return node.type === 'VariableDeclarator' && isIdentifier(node.init, 'process') && takesEnvironment(node.id);
}

/** Whether a pattern takes `env`, or something that holds it: the whole object, or the rest of it. */
function takesEnvironment(pattern: unknown): boolean {
  if (!isNode(pattern) || !Array.isArray(pattern.properties)) return true;
  return pattern.properties.some(
    (property) => !isNode(property) || !isNode(property.key) || isIdentifier(property.key, 'env'),
  );
}

function isProcessOfGlobal(value: unknown): boolean {
  return isNode(value) && value.type === 'MemberExpression' && isIdentifier(value.property, 'process');
}

/** Reads one module's text. */
export function parseModule(path: string, text: string): Module {
  const all = [...nodes(parseAst(text, { lang: 'ts' }))];
  const imports = all
    .map(sourceOf)
    .filter((source) => source !== undefined)
    .map((source) => (source.startsWith('.') ? posix.join(posix.dirname(path), source) : source));
  const process = imports.some((source) => source === 'node:process' || source === 'process');
  return { path, imports: [...new Set(imports)], readsEnvironment: process || all.some(readsEnvironment) };
}

/** Reads every module below a folder. */
export async function readModules(folder: string): Promise<Module[]> {
  const modules: Module[] = [];
  for await (const path of glob('**/*.{ts,tsx,mts,cts,js,mjs}', { cwd: folder })) {
    modules.push(parseModule(path.replaceAll('\\', '/'), readFileSync(join(folder, path), 'utf8')));
  }
  return modules.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
