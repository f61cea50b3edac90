/** `catamaran dns disable`: removes the clusterset zone from a cluster's DNS. */
import { configMapOf, planDisable } from '../../dns/coredns/install.ts';
import { applyEdits } from '../../dns/coredns/object-edit.ts';
import { announce, type ChangeOptions, dryRunOption, siteOf, withClusterDns } from '../cluster-dns.ts';
import { withClient } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';

async function disable(options: ChangeOptions, context: CliContext): Promise<void> {
  await withClient(options, context, async (client) => {
    const planned = async () => {
      const site = await siteOf(client, options);
      return { plan: await planDisable(site, options.zone), names: configMapOf(site) };
    };
    // Writes always complete once started, so only planning can be stopped.
    const { plan, names } = await unlessStopped(planned(), context.signal);
    if (!announce(context, plan, options.dryRun)) return;
    await applyEdits(client, plan.edits);
    const restart = `kubectl -n ${names.namespace} rollout restart deployment ${names.name}`;
    context.stdout.write(
      plan.reloads
        ? 'Done. CoreDNS reloads its configuration within two minutes.\n'
        : `Done. The Corefile has no reload plugin, restart CoreDNS: ${restart}\n`,
    );
  });
}

export const registerDnsDisable: Register = (dns, context) => {
  withClusterDns(dns.command('disable').description('remove the clusterset zone from the DNS of a cluster'))
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      examples(
        ['catamaran dns disable --context cluster1 --dry-run', 'print what would change'],
        'catamaran dns disable --context cluster1',
      ),
    )
    .action((options: ChangeOptions) => disable(options, context));
};
