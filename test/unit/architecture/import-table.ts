/** The import table: which folder may import which. ARCHITECTURE.md shows the lines of `src`. */

/** The imports that the modules of a folder may have, besides each other. */
export interface Line {
  /** Folders, including those below; single files; and workspace packages, which are imported by name. */
  readonly imports: readonly string[];
  /** External packages, with `node:*` for all modules of Node.js. If absent: any. */
  readonly packages?: readonly string[];
}

export type Table = Readonly<Record<string, Line>>;

/** Shared by the stages of the engine: their input and output, names, messages, and ownership. */
const CORE = [
  'view',
  'export-policy',
  'change',
  'ownership',
  'other-implementations',
  'naming',
  'message',
  'fingerprint',
  'derived-slice',
  'field-managers',
  'import-manager',
].map((name) => `src/core/${name}.ts`);

/**
 * A line applies to its folder and those below. If a subfolder has a line of its own, then every subfolder needs one,
 * and the upper line applies only to the files directly in its folder. `*` matches any one folder.
 */
export const TABLE: Table = {
  'src/runtime': { imports: [], packages: ['node:net', 'pino', 'yaml'] },
  'src/api': { imports: [], packages: ['ipaddr.js', 'yaml'] },
  'src/core': { imports: ['src/api'], packages: ['node:crypto'] },
  'src/core/addresses': { imports: ['src/api', ...CORE], packages: [] },
  'src/core/merge': { imports: ['src/api', ...CORE, 'src/core/addresses'], packages: [] },
  'src/core/desired': { imports: ['src/api', ...CORE, 'src/core/merge'], packages: [] },
  'src/core/plan': {
    imports: ['src/runtime/visible.ts', 'src/api', ...CORE, 'src/core/merge', 'src/core/desired'],
    packages: [],
  },
  'src/kube': { imports: ['src/runtime', 'src/api', 'package.json'] },
  'src/config': { imports: ['src/runtime', 'src/api', 'src/core'] },
  'src/fleet': { imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/config'] },
  'src/controller': { imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/config', 'src/fleet'] },
  'src/inspect': { imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/config', 'src/fleet', 'src/dns'] },
  'src/sharing': { imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/fleet'] },
  'src/dns': { imports: ['src/runtime', 'src/api', 'src/kube'] },
  'src/server': { imports: ['src/runtime'], packages: ['hono', '@hono/node-server', 'prom-client'] },
  'src/server/console': {
    imports: [
      'src/runtime',
      'src/api',
      'src/core',
      'src/kube',
      'src/config',
      'src/fleet',
      'src/inspect',
      'src/sharing',
    ],
    packages: ['node:*', 'hono', '@hono/node-server', 'yaml', 'zod'],
  },
  'src/install': { imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/config'] },
  'src/membership': {
    imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/config', 'src/fleet', 'src/install'],
  },
  'src/sandbox': {
    imports: ['src/runtime', 'src/api', 'src/core', 'src/kube', 'src/config', 'src/dns', 'kubesim'],
  },
  'src/cli': {
    imports: [
      'src/runtime',
      'src/api',
      'src/core',
      'src/kube',
      'src/config',
      'src/fleet',
      'src/controller',
      'src/inspect',
      'src/sharing',
      'src/dns',
      'src/server',
      'src/install',
      'src/membership',
      'src/sandbox',
      'package.json',
    ],
  },

  // Each folder may import those before it; files beside the folders may import all.
  ...inOrder('packages/kubesim/src', {
    machinery: [],
    schema: ['re2js', 'rfc6902', 'zod'],
    resources: ['ipaddr.js'],
    apiserver: ['@peculiar/x509', 'reflect-metadata', 'ws', 'yaml'],
    workloads: ['ipaddr.js'],
    network: ['ipaddr.js'],
  }),
  'packages/kubesim/test': { imports: ['packages/kubesim/src'] },

  'packages/console': { imports: [], packages: ['node:path', 'vite', '@vitejs/plugin-react', '@tailwindcss/vite'] },
  // Of the program: the types of its API, and how text of other parties is shown.
  'packages/console/src': {
    imports: ['src/server/console/api-types.ts', 'src/runtime/visible.ts'],
    packages: [
      'react',
      'react-dom',
      '@tanstack/react-query',
      '@tanstack/react-router',
      '@tanstack/react-virtual',
      '@xyflow/react',
      'elkjs',
      'eventsource-parser',
      'lucide-react',
      'radix-ui',
    ],
  },
  'packages/console/public': { imports: [], packages: [] },
  'packages/console/test': { imports: ['packages/console/src', 'src/server/console/api-types.ts'] },

  'test/support': { imports: ['src', 'tools', 'kubesim'] },
  // The page, over a server in memory and over a sandbox.
  'test/browser': { imports: ['src', 'test/support'] },
  'test/unit/*': { imports: ['src', 'kubesim', 'test/support'] },
  // Builds the bundle and runs it.
  'test/unit/cli': { imports: ['src', 'kubesim', 'test/support', 'package.json', 'tools/tasks/bundle.ts'] },
  'test/unit/tools': { imports: ['tools', 'src/install', 'src/api', 'package.json'] },
  'test/contract': { imports: ['src', 'tools', 'kubesim', 'test/support'] },
  'test/simulation': { imports: ['src', 'kubesim', 'test/support'] },
  'test/integration': { imports: ['src', 'tools', 'kubesim', 'test/support'] },
  // Programs of other projects beside the controller of the integration tests.
  'test/interop': { imports: ['src', 'tools', 'test/support', 'test/integration'] },
  'test/e2e': { imports: ['src', 'tools', 'test/support'] },

  tools: { imports: [] },
  'tools/controlplane': { imports: [] },
  'tools/binaries': { imports: ['tools/controlplane'] },
  'tools/interop': { imports: ['tools/paths.ts'] },
  'tools/mutation': { imports: [] },
  'tools/prose': { imports: [] },
  // Generates the schemas of kubesim, and the reference from the definitions of the program.
  'tools/codegen': {
    imports: [
      'tools/controlplane',
      'src/cli',
      'src/config/schema.ts',
      'src/controller/metrics.ts',
      'src/dns/server/dns-metrics.ts',
      'src/server/process-metrics.ts',
      'src/install',
      'package.json',
      'kubesim',
    ],
  },
  'tools/release': { imports: ['tools/paths.ts'] },
  'tools/site': { imports: [] },
  'tools/browser': { imports: ['tools/paths.ts', 'tools/release'] },
  // Lock files identify their process as those of the sandbox do.
  'tools/lab': {
    imports: ['tools/paths.ts', 'tools/controlplane', 'tools/release', 'src/sandbox/state.ts', 'kubesim'],
  },
  // The clusters of `make start`, those of the sandbox included.
  'tools/start': { imports: ['tools/paths.ts', 'tools/controlplane', 'tools/lab', 'src/sandbox'] },
  'tools/tasks': {
    imports: [
      'tools/paths.ts',
      'tools/binaries',
      'tools/browser',
      'tools/codegen',
      'tools/controlplane',
      'tools/interop',
      'tools/lab',
      'tools/mutation',
      'tools/prose/lint.ts',
      'tools/release',
      'tools/start',
      'src/sandbox/state.ts',
      'package.json',
      'catamaran-console',
      'kubesim',
    ],
  },

  bench: { imports: ['bench', 'tools/controlplane', 'tools/lab/host.ts'] },
  'bench/report': { imports: [] },
  'bench/harness': { imports: ['src/api', 'src/kube', 'tools/controlplane'] },
  'bench/members': { imports: ['src/api', 'src/runtime', 'kubesim', 'bench/harness'] },
  // The tools of the tests, as a member beside honest ones.
  'bench/hostile': {
    imports: ['src/api', 'kubesim', 'test/support/hostile', 'test/support/memory-body.ts', 'bench/harness'],
  },
  // Measures the engine in its own process.
  'bench/merge': { imports: ['src', 'kubesim', 'bench/members'] },
  'bench/rows': {
    imports: ['src/api', 'src/kube', 'bench/report', 'bench/harness', 'bench/members', 'bench/merge', 'bench/hostile'],
  },
  'bench/dns': { imports: ['src/api', 'src/dns', 'src/kube', 'tools/controlplane', 'bench/report', 'bench/harness'] },

  'examples/*': { imports: ['kubesim'] },
};

/** Lines of a package's folders, in order, with the external packages that each may import besides Node.js modules. */
function inOrder(parent: string, folders: Readonly<Record<string, readonly string[]>>): Table {
  const paths = Object.keys(folders).map((folder) => `${parent}/${folder}`);
  const lines = Object.values(folders).map((packages, i) => [
    paths[i],
    { imports: paths.slice(0, i), packages: ['node:*', ...packages] },
  ]);
  return { ...Object.fromEntries(lines), [parent]: { imports: paths, packages: ['node:*'] } };
}
