/** `catamaran dns disable`: removes the clusterset zone from a cluster's CoreDNS. */
import { type ChangeOptions, changeClusterDns, dryRunOption, withClusterDns } from '../cluster-dns.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';

export const registerDnsDisable: Register = (dns, context) => {
  withClusterDns(dns.command('disable').description('remove the clusterset zone from the CoreDNS of a cluster'))
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      examples(
        ['catamaran dns disable --context cluster1 --dry-run', 'print what would change'],
        'catamaran dns disable --context cluster1',
      ),
    )
    .action((options: ChangeOptions) => changeClusterDns(options, async () => ({ zone: options.zone }), context));
};
