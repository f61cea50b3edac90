/** `catamaran sandbox down`: stops a sandbox. */
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { loadSandbox, type StateOptions, withStateDir } from '../local-sandbox.ts';

export const registerSandboxDown: Register = (sandbox, { stdout, signal }) => {
  withStateDir(sandbox.command('down').description('stop the sandbox and remove its files'))
    .addHelpText('after', examples('catamaran sandbox down'))
    .action(async ({ stateDir }: StateOptions) => {
      const loaded = await loadSandbox();
      stdout.write(await loaded.down(loaded.stateDir(stateDir), signal));
    });
};
