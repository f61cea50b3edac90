/** Directories of this repository. */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url));
/** Output of `make start` and `make lab`. */
export const STATE_DIR: string = join(ROOT, '.catamaran');

/** Relative to the root of the repository, for messages. */
export function shown(path: string): string {
  return relative(ROOT, path);
}
