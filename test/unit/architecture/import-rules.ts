/** Violations of the import table, and import cycles. */
import { findCycles, type Graph } from './cycles.ts';
import type { Line, Table } from './import-table.ts';
import type { Import, Module } from './modules.ts';

/** The line that applies to a module, and its folder in the repository, without wildcard. */
interface Place {
  readonly folder: string;
  readonly line: Line;
}

/** The most specific line that matches; undefined if the module's folder needs one of its own. */
export function placeOf(path: string, table: Table): Place | undefined {
  const segments = path.split('/');
  for (let depth = segments.length - 1; depth > 0; depth--) {
    const folder = segments.slice(0, depth).join('/');
    const wildcard = [...segments.slice(0, depth - 1), '*'].join('/');
    const key = folder in table ? folder : wildcard;
    const line = table[key];
    if (!line) continue;
    const hasLinesBelow = Object.keys(table).some((other) => other.startsWith(`${key}/`));
    return hasLinesBelow && depth < segments.length - 1 ? undefined : { folder, line };
  }
  return undefined;
}

/** Every import that the table does not allow, one line each. */
export function forbiddenImports(modules: readonly Module[], table: Table): readonly string[] {
  const known = new Set(modules.map((module) => module.path));
  return modules.flatMap((module) => {
    if (module.path.endsWith('.json')) return [];
    const place = placeOf(module.path, table);
    if (!place) return [`${module.path}: its folder has no line in the import table`];
    return module.imports.flatMap((target) => {
      const problem = problemOf(place, target, known, table);
      return problem === undefined ? [] : [`${module.path} -> ${nameOf(target)}: ${problem}`];
    });
  });
}

function nameOf(target: Import): string {
  return target.kind === 'file' ? target.path : target.name;
}

function problemOf(place: Place, target: Import, known: ReadonlySet<string>, table: Table): string | undefined {
  const { folder, line } = place;
  if (target.kind === 'package') {
    return isAllowedPackage(line, target.name) ? undefined : `${folder} may not import the package ${target.name}`;
  }
  const { path, through } = target;
  if (!known.has(path)) return 'module not found';
  if (through !== undefined) {
    return line.imports.includes(through) ? undefined : `${folder} may not import the package ${through}`;
  }
  const targetFolder = placeOf(path, table)?.folder ?? path;
  if (targetFolder === folder) return undefined;
  const allowed = line.imports.some((entry) => path === entry || path.startsWith(`${entry}/`));
  return allowed ? undefined : `${folder} may not import ${targetFolder}`;
}

function isAllowedPackage({ packages }: Line, name: string): boolean {
  return !packages || packages.includes(name) || (name.startsWith('node:') && packages.includes('node:*'));
}

/** Cycles between files, and between the folders of the table. */
export function cyclicImports(modules: readonly Module[], table: Table): readonly string[] {
  const files = new Map<string, Set<string>>();
  const folders = new Map<string, Set<string>>();
  for (const { path, imports } of modules) {
    const targets = imports.filter((target) => target.kind === 'file').map((target) => target.path);
    files.set(path, new Set(targets));
    const folder = placeOf(path, table)?.folder;
    if (folder === undefined) continue;
    const edges = folders.get(folder) ?? new Set();
    folders.set(folder, edges);
    for (const target of targets) edges.add(placeOf(target, table)?.folder ?? target);
    // Imports within a folder are covered by the graph of files.
    edges.delete(folder);
  }
  return [...describe('a cycle', files), ...describe('a cycle of folders', folders)];
}

/** Cycles that the table would allow. */
export function cyclicLines(table: Table): readonly string[] {
  const covers = (entry: string, key: string): boolean => key === entry || key.startsWith(`${entry}/`);
  const graph = new Map(
    Object.entries(table).map(([key, { imports }]) => {
      const targets = Object.keys(table).filter(
        (other) => other !== key && imports.some((entry) => covers(entry, other)),
      );
      return [key, new Set(targets)];
    }),
  );
  return describe('a cycle in the table', graph);
}

function describe(what: string, graph: Graph): readonly string[] {
  return findCycles(graph).map((cycle) => `${what}: ${cycle.join(' -> ')}`);
}
