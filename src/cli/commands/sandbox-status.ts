/** `catamaran sandbox status`: shows clusters, faults, members and the controller. */
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { loadSandbox, remoteOf, type StateOptions, withStateDir } from '../local-sandbox.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';

export const registerSandboxStatus: Register = (sandbox, { stdout }) => {
  withStateDir(sandbox.command('status').description('show clusters, faults, members and the controller'))
    .addOption(outputOption(['table', 'wide', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples('catamaran sandbox status', "catamaran sandbox status --output json | jq '.clusters[].member'"),
    )
    .action(async ({ output, ...options }: StateOptions & { readonly output: OutputFormat }) => {
      const { statusText } = await loadSandbox();
      const status = await (await remoteOf(options)).status();
      stdout.write(rendered(status, output, () => statusText(status, output === 'wide')));
    });
};
