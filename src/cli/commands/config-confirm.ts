/** `catamaran config confirm`: prints the token that confirms a fleet file. */
import { loadFleet } from '../../config/watch.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';

export const registerConfigConfirm: Register = (config, { stdout }) => {
  config
    .command('confirm')
    .description('print the token that confirms a fleet file, for an edit that is held back')
    .requiredOption('-c, --config <file>', 'fleet file')
    .addHelpText('after', examples('catamaran config confirm --config fleet.yaml'))
    .action(async (options: { readonly config: string }) => {
      const { config } = await loadFleet(options.config);
      stdout.write(`${config.guard.token}\n`);
    });
};
