/** `catamaran dns enable`, `disable` and `check`: the clusterset zone in a cluster's own DNS. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Address } from '../../api/address.ts';
import { CatamaranError } from '../../api/errors.ts';
import { checkDns } from '../../dns/check.ts';
import {
  applyDns,
  type ClusterDnsPlace,
  type DnsPlan,
  type DnsWish,
  KUBEADM_PLACE,
  planDns,
  serviceAddress,
} from '../../dns/clusterdns.ts';
import type { DnsMode } from '../../dns/corefileEdit.ts';
import type { KubeClient } from '../../kube/client.ts';
import { parseIpAddress } from '../address.ts';
import { type ClusterOptions, connector, targetOf, withCluster } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { createLog } from '../log.ts';
import { table } from '../table.ts';

interface PlaceOptions extends ClusterOptions {
  readonly zone: string;
  readonly configmap: Pick<ClusterDnsPlace, 'namespace' | 'name'>;
  readonly clusterRole: string;
}

interface EnableOptions extends PlaceOptions {
  readonly mode: DnsMode;
  readonly forward?: string;
  readonly dryRun: boolean;
}

interface CheckOptions extends PlaceOptions {
  readonly server?: Address;
}

/** Where the chart puts the Service in front of `catamaran dns`. */
const SERVICE = { namespace: 'catamaran-system', name: 'catamaran-dns' } as const;

const TIMEOUT_MS = 5000;

function parseConfigMap(text: string): PlaceOptions['configmap'] {
  const [namespace, name, ...rest] = text.split('/');
  if (namespace && name && rest.length === 0) return { namespace, name };
  throw new InvalidArgumentError('Write NAMESPACE/NAME, such as kube-system/coredns.');
}

function parseForward(text: string): string {
  const { host, port } = parseIpAddress(
    /:\d+$/.test(text) && !/^[^[]*:.*:/.test(text) ? text : `${bracketed(text)}:53`,
  );
  return port === 53 ? host : `${bracketed(host)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function placeOf({ configmap, clusterRole }: PlaceOptions): ClusterDnsPlace {
  return { ...configmap, clusterRole };
}

async function withClient<T>(
  options: ClusterOptions,
  context: CliContext,
  use: (client: KubeClient) => Promise<T>,
): Promise<T> {
  const { environment, stderrColors } = context;
  const logger = createLog({ level: 'warn', format: 'text', colors: stderrColors });
  const client = await connector(environment, logger)(targetOf(options, environment));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

function show({ edits, notes }: DnsPlan, { stdout }: CliContext): void {
  for (const { title, lines } of edits) stdout.write(`${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  for (const note of notes) stdout.write(`Note: ${note}.\n`);
}

async function change(options: PlaceOptions & { readonly dryRun: boolean }, wish: DnsWish, context: CliContext) {
  const place = placeOf(options);
  await withClient(options, context, async (client) => {
    const forward =
      wish.mode === 'stub'
        ? (wish.forward ?? (await serviceAddress(client, SERVICE.namespace, SERVICE.name)))
        : undefined;
    const plan = await planDns(client, place, { ...wish, ...(forward !== undefined && { forward }) });
    show(plan, context);
    if (plan.edits.length === 0) context.stdout.write('Nothing to do: all is as it should be.\n');
    else if (options.dryRun) context.stdout.write('Nothing was written: --dry-run.\n');
    else {
      await applyDns(client, plan);
      const restart = `kubectl -n ${place.namespace} rollout restart deployment ${place.name}`;
      const next = plan.reloads ? 'CoreDNS reads it within two minutes' : `the Corefile has no reload: ${restart}`;
      context.stdout.write(`Done; ${next}.\n`);
    }
  });
}

async function check(options: CheckOptions, context: CliContext): Promise<void> {
  const hops = await withClient(options, context, (client) =>
    checkDns({
      client,
      place: placeOf(options),
      zone: options.zone,
      timeoutMs: TIMEOUT_MS,
      random: Math.random,
      ...(options.server && { server: options.server }),
    }),
  );
  context.stdout.write(table([['HOP', 'RESULT', 'SEEN'], ...hops.map(({ hop, result, seen }) => [hop, result, seen])]));
  const wrong = hops.find(({ result }) => result === 'wrong');
  if (wrong) throw new CatamaranError('CTM_DNS', `${wrong.hop}: ${wrong.seen}`);
}

function withPlace(command: Command): Command {
  const { namespace, name, clusterRole } = KUBEADM_PLACE;
  return withCluster(command)
    .addOption(new Option('--zone <domain>', 'the clusterset zone').default('clusterset.local'))
    .addOption(
      new Option('--configmap <namespace/name>', 'ConfigMap with the Corefile')
        .argParser(parseConfigMap)
        .default({ namespace, name }, `${namespace}/${name}`),
    )
    .addOption(new Option('--cluster-role <name>', 'ClusterRole of CoreDNS').default(clusterRole));
}

/** Adds the subcommands. */
export function registerDnsCluster(dns: Command, context: CliContext): void {
  withPlace(dns.command('enable').description('bring the clusterset zone into a cluster’s CoreDNS'))
    .addOption(
      new Option('--mode <mode>', 'coredns: its own option multicluster; stub: forward the zone to catamaran dns')
        .choices(['coredns', 'stub'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--forward <address>', 'where catamaran dns answers, for --mode stub').argParser(parseForward),
    )
    .option('--dry-run', 'show the change and write nothing', false)
    .action(({ mode, forward, ...options }: EnableOptions) =>
      change(options, { mode, zone: options.zone, ...(forward !== undefined && { forward }) }, context),
    );
  withPlace(dns.command('disable').description('take the clusterset zone out of a cluster’s CoreDNS'))
    .option('--dry-run', 'show the change and write nothing', false)
    .action((options: PlaceOptions & { readonly dryRun: boolean }) => change(options, { zone: options.zone }, context));
  withPlace(dns.command('check').description('follow a question through a cluster’s DNS and say which hop is wrong'))
    .addOption(
      new Option('--server <address:port>', 'the cluster’s DNS as seen from here').argParser((text) =>
        parseIpAddress(text),
      ),
    )
    .action((options: CheckOptions) => check(options, context));
}
