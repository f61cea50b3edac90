/** Finds the page of the console: beside the program's bundle, or in `dist` of a clone. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliContext } from '../context.ts';

/** In the single executable, the page is embedded instead. */
export function pageFiles({ program }: Pick<CliContext, 'program'>): string {
  const called = program[1] ?? program[0];
  // npm and the container image install the command as a link to the bundle.
  const script = existsSync(called) ? realpathSync(called) : called;
  const beside = join(dirname(script), 'console');
  return existsSync(join(beside, 'index.html')) ? beside : join(dirname(script), '../../dist/console');
}
