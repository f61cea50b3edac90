/** Bundles in a test's directory. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../../tools/tasks/bundle.ts';

/** Bundles the entry points of a release, or others by name. Returns the output directory. */
export async function bundleInto(folder: string, entryPoints?: Readonly<Record<string, string>>): Promise<string> {
  const dist = join(folder, 'dist');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await bundle(dist, entryPoints);
  return dist;
}
