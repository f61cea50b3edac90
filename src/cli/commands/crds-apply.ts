/** `catamaran crds apply`: installs the CRDs in a cluster, or adds what those of another implementation lack. */
import { Option } from 'commander';
import { installCrds, planCrds } from '../../kube/mcs/crd-install.ts';
import { systemClock } from '../../runtime/clock.ts';
import { visibleLines } from '../../runtime/visible.ts';
import { type ClusterOptions, withClient, withCluster } from '../connect.ts';
import type { Register } from '../context.ts';
import { crdReport } from '../crd-report.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';

interface ApplyCrdsOptions extends ClusterOptions {
  readonly force: boolean;
}

export const registerCrdsApply: Register = (crds, context) => {
  withCluster(crds.command('apply').description('install the CRDs, or add what those of a cluster lack'))
    .addOption(
      new Option('--force', 'also change CRDs that a package manager or another controller installed').default(false),
    )
    .addHelpText(
      'after',
      examples(
        ['catamaran crds diff --context cluster1', 'print what would change'],
        ['catamaran crds apply --context cluster1', 'fields, versions and columns that are there stay'],
      ),
    )
    .action(({ force, ...options }: ApplyCrdsOptions) =>
      withClient(options, context, async (client) => {
        const plans = await unlessStopped(planCrds(client, context.signal), context.signal);
        context.stdout.write(visibleLines(crdReport(plans)));
        const isCurrent = plans.every(({ action }) => action === 'none');
        if (!isCurrent) await installCrds(client, plans, { force, clock: systemClock });
        context.stdout.write(isCurrent ? 'Already up to date.\n' : 'Done.\n');
      }),
    );
};
