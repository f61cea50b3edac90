/** How users start this program, for hints that they can copy. */
import { basename, delimiter, dirname, relative } from 'node:path';
import type { Variables } from './environment.ts';

/** Run by `npm run`; set by npm. */
const NPM_SCRIPT = 'npm_lifecycle_event';

export interface CalledAs {
  /** The command that started the process: the executable, or node and a script. */
  readonly program: readonly [command: string, ...args: string[]];
  readonly variables: Variables;
  readonly cwd: string;
}

/**
 * The command to type: the name alone if the program is on PATH, the npm script in a clone of the repository, else the
 * path, relative to the working directory if it is below it.
 */
export function callName({ program: [command, script], variables, cwd }: CalledAs): string {
  const path = script ?? command;
  const name = basename(path);
  if (variables[NPM_SCRIPT] === 'catamaran') return 'npm run -s catamaran --';
  if ((variables.PATH ?? '').split(delimiter).includes(dirname(path))) return name;
  const short = relative(cwd, path);
  const shown = short.startsWith('..') ? path : short;
  if (script !== undefined) return `node ${shown}`;
  return shown.includes('/') ? shown : `./${shown}`;
}
