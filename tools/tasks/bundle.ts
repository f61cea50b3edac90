/** `make dist/catamaran.js`: bundles the program into `dist`. `node tools/tasks/bundle.ts`. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Files of `dist` by name. Shared modules go to `dist/chunks`. The sandbox is loaded only by its command, so that no
 * other command pays for the embedded Kubernetes.
 */
const ENTRIES = { catamaran: 'src/cli/main.ts', program: 'src/cli/start.ts', sandbox: 'src/sandbox/index.ts' };

/** CommonJS packages call `require` for modules of Node.js, which ECMAScript modules do not have. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** Empties a directory and bundles the entry points into it. */
export async function bundle(outdir: string, entryPoints: Readonly<Record<string, string>> = ENTRIES): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifyWhitespace: true,
    lineLimit: 120,
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
}

if (import.meta.main) await bundle(join(ROOT, 'dist'));
