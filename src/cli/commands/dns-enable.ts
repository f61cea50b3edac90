/** `catamaran dns enable`: adds the clusterset zone to a cluster's DNS. */
import { type Command, Option } from 'commander';
import { enableZone } from '../../dns/coredns/enable.ts';
import { configMapOf, planEnable, type Site } from '../../dns/coredns/install.ts';
import { directRoute, podRoute } from '../../dns/coredns/routes.ts';
import { dnsPods } from '../../dns/coredns/servers.ts';
import { forwardAddress } from '../../dns/coredns/service-address.ts';
import { snippetFor } from '../../dns/coredns/snippet.ts';
import { clusterDomainOf, type DnsMode } from '../../dns/coredns/zone-state.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { type Address, hostPort } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { announce, type ChangeOptions, dryRunOption, printPlatform, siteOf, withClusterDns } from '../cluster-dns.ts';
import { targetOf, withClient } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';
import { parseDnsServer } from '../listen-address.ts';
import { parseWait } from '../values.ts';

interface EnableOptions extends ChangeOptions {
  readonly mode: DnsMode;
  readonly forward?: Address;
  readonly print: boolean;
  readonly force: boolean;
  /** Milliseconds. */
  readonly wait: number;
}

/** The Service in front of `catamaran dns` in `examples/dns`. */
const SERVICE = { namespace: 'catamaran-system', name: 'catamaran-dns' } as const;
const QUERY_TIMEOUT_MS = 5000;

/** An address in the syntax of a Corefile. */
async function forwardTarget(client: KubeClient, address?: Address): Promise<string> {
  if (!address) return await forwardAddress(client, SERVICE.namespace, SERVICE.name);
  return address.port === 53 ? address.host : hostPort(address);
}

async function enable(options: EnableOptions, context: CliContext): Promise<void> {
  const { mode, zone, force, forward, wait } = options;
  const { stdout, signal } = context;
  await withClient(options, context, async (client) => {
    const site = await unlessStopped(siteOf(client, options), signal);
    const change =
      mode === 'stub'
        ? { mode, zone, forward: await unlessStopped(forwardTarget(client, forward), signal) }
        : { mode, zone };
    if (options.print) {
      stdout.write(await unlessStopped(snippetFor(site, change), signal));
      return;
    }
    printPlatform(context, site);
    const plan = await unlessStopped(planEnable(site, change, { force }), signal);
    if (!announce(context, plan, options.dryRun)) return;
    const routes = () => routesOf(client, site, targetOf(options, context.environment).access.kind === 'inCluster');
    const names = configMapOf(site);
    const done = await enableZone({
      client,
      edits: plan.edits,
      routes,
      pods: () => dnsPods(client, site.observed.services),
      zone,
      ownName: `kubernetes.default.svc.${clusterDomainOf(site.observed.corefile)}`,
      waitMs: plan.reloads ? wait : 0,
      clock: systemClock,
      signal,
      progress: (line) => stdout.write(`${line}\n`),
    });
    const restart = `kubectl -n ${names.namespace} rollout restart deployment ${names.name}`;
    if (!plan.reloads) stdout.write(`Done. The Corefile has no reload plugin, restart CoreDNS: ${restart}\n`);
    else stdout.write(done);
  });
}

/** In a pod of the cluster, the servers are reachable; from elsewhere, only through the API server. */
async function routesOf(client: KubeClient, { observed }: Site, inCluster: boolean) {
  const query = { clock: systemClock, random: Math.random, timeoutMs: QUERY_TIMEOUT_MS };
  const pods = await dnsPods(client, observed.services);
  return pods.flatMap((pod) =>
    inCluster ? directRoute({ host: pod.address, port: pod.port }, query) : (podRoute(client, pod, query) ?? []),
  );
}

export const registerDnsEnable: Register = (dns, context) => {
  withClusterDns(dns.command('enable').description('add the clusterset zone to the DNS of a cluster'))
    .addOption(
      new Option('--mode <mode>', 'how the zone is resolved: by CoreDNS itself, or by catamaran dns')
        .choices(['coredns', 'stub'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--forward <address>', 'IP address of catamaran dns for --mode stub, with a port if it is not 53')
        .argParser(parseDnsServer)
        .default(undefined, `Service ${SERVICE.namespace}/${SERVICE.name}`),
    )
    .addOption(
      new Option('--print', 'print what to add to the configuration of the DNS, and write nothing').default(false),
    )
    .addOption(
      new Option('--force', 'write even if another tool may revert it, or the version of CoreDNS is unknown').default(
        false,
      ),
    )
    .addOption(
      new Option(
        '--wait <seconds>',
        'time limit for the zone to be served, after which the change is taken back; 0 does not wait',
      )
        .argParser(parseWait)
        .default(180_000, '180'),
    )
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      examples(
        ['catamaran dns enable --mode coredns --context cluster1 --dry-run', 'print what would change'],
        ['catamaran dns enable --mode coredns --context cluster1', 'use the multicluster option of CoreDNS'],
        ['catamaran dns enable --mode stub --context cluster1', `forward to ${SERVICE.namespace}/${SERVICE.name}`],
        'catamaran dns enable --mode stub --forward 10.96.0.53 --context cluster1',
        ['catamaran dns enable --mode stub --print', 'for the tool that owns the DNS'],
      ),
    )
    .action((options: EnableOptions, command: Command) => {
      const { mode, forward } = options;
      if (forward && mode !== 'stub') {
        return command.error(`option '--forward <address>' requires --mode stub, not --mode ${mode}`);
      }
      if (options.print && options.dryRun) {
        return command.error(`options '--print' and '--dry-run' are mutually exclusive`);
      }
      return enable(options, context);
    });
};
