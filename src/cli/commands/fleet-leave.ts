/** `catamaran leave`: removes a member from the fleet of a hub, and what Catamaran created in it. */
import { Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { KubeClient } from '../../kube/client/client.ts';
import { type LeaveOptions, leave, type MemberRemoval } from '../../membership/leave.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { clusterVersion } from '../installing.ts';
import { hubAccess, memberAccess, objectLine, type TwoClusters, withAccess, withTwoClusters } from '../membership.ts';
import { outputOption, rendered } from '../output.ts';
import { note } from '../sharing.ts';
import { parseSeconds } from '../values.ts';

interface LeaveCommandOptions extends TwoClusters {
  readonly force: boolean;
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly output: 'table' | 'json' | 'yaml';
}

async function run(name: string, options: LeaveCommandOptions, context: CliContext): Promise<void> {
  const { namespace, force, dryRun, timeout, output } = options;
  const removals: MemberRemoval[] = [];
  const shared: Omit<LeaveOptions, 'hub' | 'member' | 'kubernetes'> = {
    name,
    namespace,
    force,
    dryRun,
    timeoutMs: timeout,
    version: packageJson.version,
    clock: systemClock,
    signal: context.signal,
    onProgress: (text) => note(context, text),
    onRemoval: (removal) => {
      removals.push(removal);
      if (output === 'table') context.stdout.write(`${objectLine(removal, dryRun)}\n`);
    },
  };
  const leaveAs = async (hub: KubeClient, member?: KubeClient) => {
    const kubernetes = member ? await clusterVersion(member) : '';
    await leave({ ...shared, hub, kubernetes, ...(member && { member }) });
  };
  await withAccess(await hubAccess(options, context), async (hub) => {
    if (options.context === undefined) await leaveAs(hub);
    else await withAccess(await memberAccess(options, context), (member) => leaveAs(hub, member));
  });
  const text = () => `${name} ${dryRun ? 'would no longer be' : 'is no longer'} a member\n`;
  context.stdout.write(rendered({ name, dryRun, objects: removals }, output, text));
}

export const registerLeave: Register = (program, context) => {
  const command = program
    .command('leave')
    .description('remove a member from the fleet of a hub, and what Catamaran created in it')
    .argument('<name>', 'name of the member');
  withTwoClusters(command, 'kubeconfig context of the member; without it, --force leaves its objects in place')
    .option('--force', 'do not wait for the controller, and list what remains in a member without --context', false)
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for the controller')
        .argParser(parseSeconds)
        .default(120_000, '120'),
    )
    .option('--dry-run', 'print what would be deleted without deleting it', false)
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples('catamaran leave cluster1 --context cluster1 --hub-context hub', [
        'catamaran leave cluster1 --hub-context hub --force',
        'if the cluster is gone or cannot be reached',
      ]),
    )
    .action((name: string, options: LeaveCommandOptions) => run(name, options, context));
};
