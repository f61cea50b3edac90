/** Folders of this repository. */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT: string = fileURLToPath(new URL('..', import.meta.url));
/** Everything that `make start` and `make lab` write. */
export const STATE_DIR: string = join(ROOT, '.catamaran');

/** A path as a user in the repository's root types it. */
export function shown(path: string): string {
  return relative(ROOT, path);
}
