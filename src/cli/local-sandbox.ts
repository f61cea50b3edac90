/** Shared by the `sandbox` commands: the bundle of the sandbox, and the option for its directory. */
import { type Command, Option } from 'commander';
import { CatamaranError } from '../runtime/errors.ts';
import { nonEmpty } from './values.ts';

export interface StateOptions {
  readonly stateDir: string;
}

/** Adds the option that selects the sandbox. */
export function withStateDir(command: Command): Command {
  return command.addOption(
    new Option('--state-dir <dir>', 'directory of the sandbox, with its kubeconfig')
      .argParser(nonEmpty)
      .default('.catamaran'),
  );
}

/**
 * Loads the bundle of the sandbox, which is large and therefore not part of container images.
 *
 * @throws CTM_USAGE if it is not installed.
 */
export async function loadSandbox() {
  try {
    return await import('../sandbox/index.ts');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    const message = 'the sandbox (dist/sandbox.js) is not installed, as in container images; use a full installation';
    throw new CatamaranError('CTM_USAGE', message, { cause });
  }
}

/** A client of the running sandbox. */
export async function remoteOf({ stateDir: path }: StateOptions) {
  const { remote, stateDir } = await loadSandbox();
  return remote(stateDir(path));
}
