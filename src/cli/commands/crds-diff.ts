/** `catamaran crds diff`: what `catamaran crds apply` would change in a cluster. */
import { planCrds } from '../../kube/mcs/crd-install.ts';
import { visibleLines } from '../../runtime/visible.ts';
import { type ClusterOptions, withClient, withCluster } from '../connect.ts';
import type { Register } from '../context.ts';
import { crdReport } from '../crd-report.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';

export const registerCrdsDiff: Register = (crds, context) => {
  withCluster(crds.command('diff').description('print what apply would add to the CRDs of a cluster'))
    .addHelpText('after', examples('catamaran crds diff --context cluster1'))
    .action((options: ClusterOptions) =>
      withClient(options, context, async (client) => {
        const plans = await unlessStopped(planCrds(client, context.signal), context.signal);
        context.stdout.write(visibleLines(crdReport(plans)));
      }),
    );
};
