/** Builds the page of the console. */
import { join, relative } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { build, type Plugin } from 'vite';

const ROOT = join(import.meta.dirname, '../..');

/** Empties a directory and builds the page into it. Returns the modules that it consists of, by path in the repository. */
export async function buildConsole(outDir: string): Promise<readonly string[]> {
  const modules = new Set<string>();
  const collect: Plugin = {
    name: 'modules',
    moduleParsed: ({ id }) => {
      const path = id.replace(/^\0/, '').replace(/\?.*$/, '');
      if (path.startsWith('/')) modules.add(relative(ROOT, path));
    },
  };
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'warn',
    plugins: [react(), tailwindcss(), collect],
    build: {
      outDir,
      emptyOutDir: true,
      // Fonts and images are files, which a Content-Security-Policy can allow by origin.
      assetsInlineLimit: 0,
      // The library that lays out graphs is large, and loaded with the page that needs it.
      chunkSizeWarningLimit: 2_000,
      modulePreload: { polyfill: false },
    },
  });
  return [...modules].toSorted();
}
