/** `catamaran uninstall`: removes what `catamaran install` created. */
import packageJson from '../../../package.json' with { type: 'json' };
import { uninstall } from '../../install/remove-objects.ts';
import { visible } from '../../runtime/visible.ts';
import { type ClusterOptions, withClient, withCluster } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { clusterVersion, namespaceOption } from '../installing.ts';

interface UninstallOptions extends ClusterOptions {
  readonly namespace: string;
  readonly dryRun: boolean;
}

async function run(options: UninstallOptions, context: CliContext): Promise<void> {
  const { namespace, dryRun } = options;
  await withClient(options, context, async (client) => {
    const installation = { namespace, version: packageJson.version, kubernetes: await clusterVersion(client) };
    await uninstall(client, installation, {
      dryRun,
      onRemoval: ({ object, action, reason }) => {
        const note = reason === undefined ? '' : `: ${reason}`;
        context.stdout.write(
          visible(`${object} ${action}${dryRun && action === 'deleted' ? ' (dry run)' : ''}${note}`),
        );
        context.stdout.write('\n');
      },
    });
  });
}

export const registerUninstall: Register = (program, context) => {
  const command = program
    .command('uninstall')
    .description('remove what `catamaran install` created, and list what stays')
    .addOption(namespaceOption())
    .option('--dry-run', 'print what would be deleted without deleting it', false);
  withCluster(command)
    .addHelpText(
      'after',
      examples(
        ['catamaran uninstall --context hub --dry-run', 'print what would be deleted, and what stays'],
        'catamaran uninstall --context hub',
      ),
    )
    .action((options: UninstallOptions) => run(options, context));
};
