/** The import table of ARCHITECTURE.md, and what breaks it. */
import type { Module } from './modules.ts';

interface Rule {
  /** Folders of src, besides its own, that a module of this folder may import. */
  readonly folders: readonly string[];
  /** Packages that it may import; absent: any. */
  readonly packages?: readonly string[];
  /** Whether it may read our version from package.json. */
  readonly version?: boolean;
}

/** Every folder of src has a line here. */
export const TABLE: Readonly<Record<string, Rule>> = {
  runtime: { folders: [] },
  api: { folders: [], packages: ['node:net', 'yaml'] },
  core: { folders: ['api'], packages: ['node:crypto', 'ipaddr.js'] },
  kube: { folders: ['runtime', 'api'], version: true },
  config: { folders: ['runtime', 'api', 'core'] },
  fleet: { folders: ['runtime', 'api', 'core', 'kube', 'config'] },
  controller: { folders: ['runtime', 'api', 'core', 'kube', 'config', 'fleet'] },
  dns: { folders: ['runtime', 'api', 'kube'] },
  server: { folders: ['runtime', 'api'], packages: ['hono', '@hono/node-server', 'prom-client'] },
  sandbox: { folders: ['runtime', 'api', 'core', 'kube', 'config', 'dns'] },
  cli: {
    folders: ['runtime', 'api', 'core', 'kube', 'config', 'fleet', 'controller', 'dns', 'server', 'sandbox'],
    version: true,
  },
};

/** The only module that reads environment variables. */
export const ENVIRONMENT = 'cli/environment.ts';

function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** `hono` of `hono/cors`, `@hono/node-server` of `@hono/node-server/x`; modules of Node stay as they are. */
function packageOf(source: string): string {
  if (source.startsWith('node:')) return source;
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/');
}

function importProblem(module: Module, source: string, known: ReadonlySet<string>): string | undefined {
  const folder = folderOf(module.path);
  const rule = TABLE[folder];
  if (!rule) return `the folder ${folder} has no line in the import table`;
  if (source === '../package.json') return rule.version ? undefined : `${folder} may not read package.json`;
  // The sandbox is glue over the embedded Kubernetes.
  if (folder === 'sandbox' && source.startsWith('../packages/kubesim/')) return undefined;
  if (known.has(source)) {
    const target = folderOf(source);
    return target === folder || rule.folders.includes(target) ? undefined : `${folder} may not import ${target}`;
  }
  if (source.startsWith('../') || source.endsWith('.ts')) return 'there is no such module in src';
  const name = packageOf(source);
  return !rule.packages || rule.packages.includes(name) ? undefined : `${folder} may not import the package ${name}`;
}

/** One cycle of imports, where there is one: the paths in order, the first one again at the end. */
function findCycle(modules: readonly Module[]): readonly string[] | undefined {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    const module = byPath.get(path);
    if (!module || done.has(path)) return undefined;
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    for (const source of module.imports) {
      const cycle = visit(source, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of modules) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Everything that breaks the table, one line each. */
export function violations(modules: readonly Module[]): string[] {
  const known = new Set(modules.map((module) => module.path));
  const found = modules.flatMap((module) =>
    module.imports.flatMap((source) => {
      const problem = importProblem(module, source, known);
      return problem === undefined ? [] : [`${module.path} -> ${source}: ${problem}`];
    }),
  );
  const readers = modules.filter((module) => module.readsEnvironment && module.path !== ENVIRONMENT);
  found.push(...readers.map((module) => `${module.path}: only ${ENVIRONMENT} reads the environment`));
  const cycle = findCycle(modules);
  if (cycle) found.push(`a cycle: ${cycle.join(' -> ')}`);
  return found;
}
