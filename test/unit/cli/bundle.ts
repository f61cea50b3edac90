/** The bundle in a folder of a test. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../../tools/tasks/bundle.ts';

/** Bundles as for a release, or other entry points by name. Returns the folder of the files. */
export async function bundleInto(folder: string, entryPoints?: Readonly<Record<string, string>>): Promise<string> {
  const dist = join(folder, 'dist');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await bundle(dist, entryPoints);
  return dist;
}
