/** What the `sandbox` commands share: the bundle that they load, and the directory of the sandbox they work on. */
import { type Command, Option } from 'commander';
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

/** Loads the bundle of the sandbox, which is large and has no other use. */
export function loadSandbox() {
  return import('../sandbox/index.ts');
}

/** A client of the running sandbox. */
export async function remoteOf({ stateDir: path }: StateOptions) {
  const { remote, stateDir } = await loadSandbox();
  return remote(stateDir(path));
}
