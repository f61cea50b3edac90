/** `catamaran dns enable`: adds the clusterset zone to a cluster's CoreDNS. */
import { type Command, Option } from 'commander';
import type { DnsMode } from '../../dns/coredns/corefile-edit.ts';
import { forwardAddress } from '../../dns/coredns/service-address.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { type Address, hostPort } from '../../runtime/address.ts';
import { type ChangeOptions, changeClusterDns, dryRunOption, withClusterDns } from '../cluster-dns.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { parseDnsServer } from '../listen-address.ts';

interface EnableOptions extends ChangeOptions {
  readonly mode: DnsMode;
  readonly forward?: Address;
}

/** The Service in front of `catamaran dns` in `examples/dns`. */
const SERVICE = { namespace: 'catamaran-system', name: 'catamaran-dns' } as const;

/** An address in the syntax of a Corefile. */
async function forwardTarget(client: KubeClient, address?: Address): Promise<string> {
  if (!address) return await forwardAddress(client, SERVICE.namespace, SERVICE.name);
  return address.port === 53 ? address.host : hostPort(address);
}

export const registerDnsEnable: Register = (dns, context) => {
  withClusterDns(dns.command('enable').description('add the clusterset zone to the CoreDNS of a cluster'))
    .addOption(
      new Option('--mode <mode>', 'how CoreDNS resolves the zone').choices(['coredns', 'stub']).makeOptionMandatory(),
    )
    .addOption(
      new Option('--forward <address>', 'IP address of catamaran dns for --mode stub, with a port if it is not 53')
        .argParser(parseDnsServer)
        .default(undefined, `Service ${SERVICE.namespace}/${SERVICE.name}`),
    )
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      examples(
        ['catamaran dns enable --mode coredns --context cluster1 --dry-run', 'print what would change'],
        ['catamaran dns enable --mode coredns --context cluster1', 'use the multicluster option of CoreDNS'],
        ['catamaran dns enable --mode stub --context cluster1', `forward to ${SERVICE.namespace}/${SERVICE.name}`],
        'catamaran dns enable --mode stub --forward 10.96.0.53 --context cluster1',
      ),
    )
    .action(({ mode, forward, ...options }: EnableOptions, command: Command) => {
      if (forward && mode !== 'stub') {
        return command.error(`option '--forward <address>' requires --mode stub, not --mode ${mode}`);
      }
      const { zone } = options;
      const requested = async (client: KubeClient) =>
        mode === 'stub' ? { mode, zone, forward: await forwardTarget(client, forward) } : { mode, zone };
      return changeClusterDns(options, requested, context);
    });
};
