/** `catamaran dns check`: traces a query through a cluster's DNS. */
import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { checkDns } from '../../dns/coredns/check.ts';
import type { Site } from '../../dns/coredns/install.ts';
import { podRoutes } from '../../dns/coredns/pod-routes.ts';
import { clusterNameservers } from '../../dns/coredns/resolv-conf.ts';
import { type DnsRoute, directRoute, type RouteOptions } from '../../dns/coredns/routes.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { table } from '../../runtime/text-table.ts';
import { type ClusterDnsOptions, siteOf, withClusterDns } from '../cluster-dns.ts';
import { kubeconfigOf, targetOf, withClient } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';
import { parseDnsServer } from '../listen-address.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';
import { isSandbox, sandboxRoute } from '../sandbox-dns.ts';

interface CheckOptions extends ClusterDnsOptions {
  readonly server?: Address;
  readonly output: OutputFormat;
}

const TIMEOUT_MS = 5000;
const RESOLV_CONF = '/etc/resolv.conf';

async function check(options: CheckOptions, context: CliContext): Promise<void> {
  const { output, server, zone } = options;
  const query = { clock: systemClock, random: Math.random, timeoutMs: TIMEOUT_MS };
  const inCluster = targetOf(options, context.environment).access.kind === 'inCluster';
  const hops = await withClient(options, context, (client) => {
    const work = async () => {
      const site = await siteOf(client, options);
      return await checkDns({
        site,
        zone,
        query,
        reachable: inCluster || server !== undefined,
        routes: async () => {
          if (server) return [directRoute(server, query)];
          if (isSandbox(site.observed))
            return [sandboxRoute(kubeconfigOf(options, context.environment), client.cluster, query)];
          return inCluster ? await podsOwnRoutes(site, query) : podRoutes(site, query);
        },
      });
    };
    return unlessStopped(work(), context.signal);
  });
  const rows = hops.map(({ hop, result, seen }) => [hop, result, seen]);
  context.stdout.write(rendered(hops, output, () => table([['HOP', 'RESULT', 'SEEN'], ...rows])));
  const broken = hops.find(({ result }) => result === 'wrong');
  if (broken) throw new CatamaranError('CTM_DNS', `${broken.hop}: ${broken.seen}`);
}

/** What pods ask: the servers of this pod, which may be a cache on its node; else the Service of the cluster's DNS. */
async function podsOwnRoutes({ observed }: Site, query: RouteOptions): Promise<readonly DnsRoute[]> {
  const own = clusterNameservers(await readFile(RESOLV_CONF, 'utf8').catch(() => ''));
  const addresses = own.length > 0 ? own : observed.services.flatMap(({ clusterIP }) => clusterIP ?? []).slice(0, 1);
  if (addresses.length > 0) return addresses.map((host) => directRoute({ host, port: 53 }, query));
  throw new CatamaranError(
    'CTM_DNS',
    `${RESOLV_CONF} names no DNS of the cluster, and no Service labelled k8s-app=kube-dns has a cluster IP: pass the address of the cluster's DNS with --server`,
  );
}

export const registerDnsCheck: Register = (dns, context) => {
  withClusterDns(
    dns.command('check').description('trace a query through the DNS of a cluster and report the first broken hop'),
  )
    .addOption(
      new Option('--server <address>', 'reachable IP address of the cluster’s DNS, with a port if it is not 53')
        .argParser(parseDnsServer)
        .default(undefined, 'in a pod, what pods ask; elsewhere, the DNS pods, through the API server'),
    )
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'kubectl -n catamaran-system exec deployment/catamaran-dns -- catamaran dns check',
        'catamaran dns check --context cluster1',
        `catamaran dns check --output json | jq '.[] | select(.result == "wrong")'`,
      ),
    )
    .action((options: CheckOptions) => check(options, context));
};
