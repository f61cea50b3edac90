/** `make dist/catamaran.js`: bundles the program into `dist`. `node tools/tasks/bundle.ts`. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Files of `dist` by name. Shared modules go to `dist/chunks`. The sandbox is loaded only by its command, so that no
 * other command pays for the embedded Kubernetes.
 */
const ENTRIES = { catamaran: 'src/cli/main.ts', program: 'src/cli/start.ts', sandbox: 'src/sandbox/index.ts' };

/** CommonJS packages call `require` for modules of Node.js, which ECMAScript modules do not have. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifyWhitespace: true,
  lineLimit: 120,
  logLevel: 'warning',
} as const;

/** The page of the console, which has a build of its own. */
export const CONSOLE = 'console';

/** Empties a directory, except for the console, and bundles the entry points into it. Returns what the bundle consists of. */
export async function bundle(
  outdir: string,
  entryPoints: Readonly<Record<string, string>> = ENTRIES,
): Promise<Metafile> {
  const old = existsSync(outdir) ? readdirSync(outdir).filter((name) => name !== CONSOLE) : [];
  for (const name of old) rmSync(join(outdir, name), { recursive: true });
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints,
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    format: 'esm',
    banner: { js: REQUIRE },
    metafile: true,
  });
  return metafile;
}

/** The program as one script, for the single executable: its main script is CommonJS. */
export async function bundleScript(outfile: string): Promise<void> {
  await build({ ...OPTIONS, entryPoints: [ENTRIES.catamaran], outfile, format: 'cjs' });
}

if (import.meta.main) await bundle(join(ROOT, 'dist'));
