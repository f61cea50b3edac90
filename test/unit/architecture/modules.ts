/** The imports, length, environment access and state of a module, from its syntax tree. */
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** A resolved import: a file by its path in the repository, or an external package by its name. */
export type Import =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** The workspace package whose name was imported. */
      readonly through?: string;
    }
  | { readonly kind: 'package'; readonly name: string };

/** One source file; its path is relative to the repository root, with slashes. */
export interface Module {
  readonly path: string;
  readonly lines: number;
  /** Types included. */
  readonly imports: readonly Import[];
  readonly readsEnvironment: boolean;
  /** Mutable variables at the top level of the module. */
  readonly state: readonly string[];
}

/** A workspace package. */
export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  /** Subpaths of its exports map, `.` or `./x`, to paths in the repository. */
  readonly exports: Readonly<Record<string, string>>;
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

/** The module that a node imports. Throws on a dynamic import of a computed name, which no check could follow. */
function sourceOf(node: Node): string | undefined {
  if (!IMPORTING.includes(node.type) || node.source === null || node.source === undefined) return undefined;
  if (isNode(node.source) && typeof node.source.value === 'string') return node.source.value;
  throw new Error(`${node.type} of a computed module`);
}

/** `process.env`, `process['env']` and `const { env } = process`; an import of `node:process` counts too. */
function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression' && isNode(node.property)) {
    const named = isIdentifier(node.property, 'env') || node.property.value === 'env';
    return named && (isIdentifier(node.object, 'process') || isProcessOfGlobal(node.object));
  }
  return node.type === 'VariableDeclarator' && isIdentifier(node.init, 'process') && takesEnvironment(node.id);
}

/** Whether a pattern binds `env` or an object that contains it: all of `process`, or the rest of it. */
function takesEnvironment(pattern: unknown): boolean {
  if (!isNode(pattern) || !Array.isArray(pattern.properties)) return true;
  return pattern.properties.some(
    (property) => !isNode(property) || !isNode(property.key) || isIdentifier(property.key, 'env'),
  );
}

function isProcessOfGlobal(value: unknown): boolean {
  return isNode(value) && value.type === 'MemberExpression' && isIdentifier(value.property, 'process');
}

const COLLECTIONS = ['Map', 'Set', 'WeakMap', 'WeakSet'];

/** `let`, and collections that start empty. A collection with a declared type counts as a constant. */
function stateOf(statement: unknown): readonly string[] {
  if (!isNode(statement)) return [];
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (!isNode(declaration) || declaration.type !== 'VariableDeclaration' || !Array.isArray(declaration.declarations))
    return [];
  const isConstant = declaration.kind === 'const';
  return declaration.declarations.flatMap((declarator: unknown) => {
    if (!isNode(declarator) || !isNode(declarator.id)) return [];
    const { id, init } = declarator;
    return isConstant && (id.typeAnnotation || !isEmptyCollection(init)) ? [] : [String(id.name)];
  });
}

function isEmptyCollection(value: unknown): boolean {
  return (
    isNode(value) &&
    value.type === 'NewExpression' &&
    COLLECTIONS.some((name) => isIdentifier(value.callee, name)) &&
    Array.isArray(value.arguments) &&
    value.arguments.length === 0
  );
}

/** `hono` for `hono/cors`, `@hono/node-server` for `@hono/node-server/x`; modules of Node.js unchanged. */
function packageOf(source: string): string {
  if (source.startsWith('node:')) return source;
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/');
}

function resolve(from: string, source: string, packages: readonly WorkspacePackage[]): Import {
  if (source.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(from), source) };
  const name = packageOf(source);
  const workspace = packages.find((each) => each.name === name);
  if (!workspace) return { kind: 'package', name };
  const subpath = `.${source.slice(name.length)}`;
  return { kind: 'file', path: workspace.exports[subpath] ?? posix.join(workspace.folder, subpath), through: name };
}

export function parseModule(path: string, text: string, packages: readonly WorkspacePackage[] = []): Module {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (path.endsWith('.json')) return { path, lines, imports: [], readsEnvironment: false, state: [] };
  const program = parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' });
  const all = [...nodes(program)];
  const sources = new Set(all.map(sourceOf).filter((source) => source !== undefined));
  const process = sources.has('node:process') || sources.has('process');
  return {
    path,
    lines,
    imports: [...sources].map((source) => resolve(path, source, packages)),
    readsEnvironment: process || all.some(readsEnvironment),
    state: program.body.flatMap(stateOf),
  };
}
