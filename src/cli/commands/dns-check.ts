/** `catamaran dns check`: traces a query through a cluster's DNS. */
import { Option } from 'commander';
import { checkDns } from '../../dns/coredns/check.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { table } from '../../runtime/text-table.ts';
import { type ClusterDnsOptions, namesOf, withClusterDns } from '../cluster-dns.ts';
import { withClient } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';
import { parseDnsServer } from '../listen-address.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';

interface CheckOptions extends ClusterDnsOptions {
  readonly server?: Address;
  readonly output: OutputFormat;
}

const TIMEOUT_MS = 5000;

async function check(options: CheckOptions, context: CliContext): Promise<void> {
  const { output, server, zone } = options;
  const hops = await withClient(options, context, (client) => {
    const names = namesOf(options);
    const query = {
      client,
      names,
      zone,
      timeoutMs: TIMEOUT_MS,
      clock: systemClock,
      random: Math.random,
      ...(server && { server }),
    };
    return unlessStopped(checkDns(query), context.signal);
  });
  const rows = hops.map(({ hop, result, seen }) => [hop, result, seen]);
  context.stdout.write(rendered(hops, output, () => table([['HOP', 'RESULT', 'SEEN'], ...rows])));
  const broken = hops.find(({ result }) => result === 'wrong');
  if (broken) throw new CatamaranError('CTM_DNS', `${broken.hop}: ${broken.seen}`);
}

export const registerDnsCheck: Register = (dns, context) => {
  withClusterDns(
    dns.command('check').description('trace a query through the DNS of a cluster and report the first broken hop'),
  )
    .addOption(
      new Option('--server <address>', 'reachable IP address of the cluster’s DNS, with a port if it is not 53')
        .argParser(parseDnsServer)
        .default(undefined, 'Service labelled k8s-app=kube-dns'),
    )
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'kubectl -n catamaran-system exec deployment/catamaran-dns -- catamaran dns check',
        'catamaran dns check --context cluster1 --server 127.0.0.1:1053',
        `catamaran dns check --output json | jq '.[] | select(.result == "wrong")'`,
      ),
    )
    .action((options: CheckOptions) => check(options, context));
};
