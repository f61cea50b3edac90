/** `make site`: builds the documents into the folder `site`, for any web server. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../controlplane/component.ts';
import { ROOT } from '../paths.ts';

const HERE = join(ROOT, 'tools', 'site');
/** Not in the repository, which tools and tests walk over. */
const INSTALLED = join(ROOT, '.cache', 'site');
const VITEPRESS = join(INSTALLED, 'node_modules', 'vitepress', 'bin', 'vitepress.js');
const FILES = join(ROOT, 'site-files');

if (!existsSync(VITEPRESS)) {
  console.log('installing VitePress');
  mkdirSync(INSTALLED, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(HERE, file), join(INSTALLED, file));
  await run('npm', ['ci', '--loglevel=error', '--prefix', INSTALLED]);
}
rmSync(FILES, { recursive: true, force: true });
try {
  await run(process.execPath, [VITEPRESS, 'build', HERE]);
  if (existsSync(FILES)) renameSync(FILES, join(ROOT, 'site', 'files'));
  console.log('site/index.html and all other documents are ready, for any web server');
} finally {
  rmSync(FILES, { recursive: true, force: true });
}
