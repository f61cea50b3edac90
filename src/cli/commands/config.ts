/** `catamaran config`: the fleet file. */

import { fleetJsonSchema } from '../../config/schema.ts';
import { loadFleet } from '../../config/watch.ts';
import type { Register } from '../context.ts';

export const registerConfig: Register = (program, { stdout }) => {
  const config = program.command('config').description('check and describe the fleet file');

  config
    .command('check')
    .description('say everything that is wrong with a fleet file')
    .requiredOption('-c, --config <file>', 'the fleet file')
    .addHelpText('after', '\nExample:\n  catamaran config check --config fleet.yaml\n')
    .action(async (options: { readonly config: string }) => {
      const { members } = (await loadFleet(options.config)).config;
      const names = members.map((member) => member.name).join(', ');
      stdout.write(`${options.config}: ok, ${members.length} member${members.length === 1 ? '' : 's'}: ${names}\n`);
    });

  config
    .command('schema')
    .description('print the JSON Schema of the fleet file, for editors')
    .addHelpText('after', '\nExample:\n  catamaran config schema > fleet.schema.json\n')
    .action(() => {
      stdout.write(`${JSON.stringify(fleetJsonSchema(), null, 2)}\n`);
    });
};
