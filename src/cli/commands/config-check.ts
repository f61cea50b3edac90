/** `catamaran config check`: validates a fleet file. */
import { loadFleet } from '../../config/watch.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';

export const registerConfigCheck: Register = (config, { stdout }) => {
  config
    .command('check')
    .description('validate a fleet file and report all problems')
    .requiredOption('-c, --config <file>', 'fleet file')
    .addHelpText('after', examples('catamaran config check --config fleet.yaml'))
    .action(async (options: { readonly config: string }) => {
      const { members } = (await loadFleet(options.config)).config;
      const names = members.map((member) => member.name).join(', ');
      stdout.write(`${options.config}: ok, ${members.length} member${members.length === 1 ? '' : 's'}: ${names}\n`);
    });
};
