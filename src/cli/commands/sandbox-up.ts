/** `catamaran sandbox up`: starts a sandbox. */
import { Option } from 'commander';
import type { ImportMode } from '../../core/view.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { loadSandbox, type StateOptions, withStateDir } from '../local-sandbox.ts';
import { wholeNumber } from '../values.ts';

interface UpOptions extends StateOptions {
  readonly clusters: number;
  readonly import: ImportMode;
  readonly proxyPort?: number;
  readonly listenPort?: number;
  readonly consolePort?: number;
  readonly detach: boolean;
  /** Passed by `--detach` to the process that it starts. */
  readonly background: boolean;
}

/** Limit of the address ranges. */
const MAX_CLUSTERS = 100;
const MAX_PORT = 65_535;

export const registerSandboxUp: Register = (sandbox, context) => {
  withStateDir(sandbox.command('up').description('start clusters, their network and a controller'))
    .addOption(
      new Option('--clusters <count>', `number of clusters, 2 to ${MAX_CLUSTERS}`)
        .argParser(wholeNumber(2, MAX_CLUSTERS))
        .default(2),
    )
    .addOption(
      new Option('--import <mode>', 'import mode of the fleet').choices(['Automatic', 'Manual']).default('Automatic'),
    )
    .addOption(
      new Option('--proxy-port <port>', 'SOCKS5 port of cluster1; the other clusters use the ports after it')
        .argParser(wholeNumber(1, MAX_PORT - MAX_CLUSTERS))
        .default(undefined, '10801, or free ports'),
    )
    .addOption(
      new Option('--listen-port <port>', 'port of the controller for /readyz and /metrics')
        .argParser(wholeNumber(1, MAX_PORT))
        .default(undefined, '9470, or a free port'),
    )
    .addOption(
      new Option('--console-port <port>', 'port of the console for browsers')
        .argParser(wholeNumber(1, MAX_PORT))
        .default(undefined, '9480, or a free port'),
    )
    .option('--detach', 'return when everything is ready; `sandbox down` stops it', false)
    .addOption(new Option('--background').default(false).hideHelp())
    .addHelpText(
      'after',
      examples(['catamaran sandbox up', 'until Ctrl-C'], 'catamaran sandbox up --clusters 5 --import Manual', [
        'catamaran sandbox up --detach',
        'until `catamaran sandbox down`',
      ]),
    )
    .action(async ({ detach, stateDir, ...options }: UpOptions) => {
      const loaded = await loadSandbox();
      const up = detach ? loaded.upDetached : loaded.up;
      await up({ ...options, state: loaded.stateDir(stateDir) }, context);
    });
};
