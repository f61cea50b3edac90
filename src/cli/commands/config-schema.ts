/** `catamaran config schema`: prints the JSON Schema of the fleet file. */
import { fleetJsonSchema } from '../../config/schema.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';

export const registerConfigSchema: Register = (config, { stdout }) => {
  config
    .command('schema')
    .description('print the JSON Schema of the fleet file, for editors')
    .addHelpText('after', examples('catamaran config schema > fleet.schema.json'))
    .action(() => {
      stdout.write(`${JSON.stringify(fleetJsonSchema(), null, 2)}\n`);
    });
};
