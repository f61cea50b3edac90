/** `catamaran dns enable`, `disable` and `check`: the clusterset zone in a cluster's own DNS. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { checkDns } from '../../dns/coredns/check.ts';
import { type CoreDnsNames, KUBEADM_NAMES } from '../../dns/coredns/coredns-objects.ts';
import type { DnsMode } from '../../dns/coredns/corefile-edit.ts';
import { type InstallPlan, type InstallRequest, planInstall } from '../../dns/coredns/install.ts';
import { applyEdits } from '../../dns/coredns/object-edit.ts';
import { forwardAddress } from '../../dns/coredns/service-address.ts';
import { isHostLabel } from '../../dns/zone/zone-objects.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { type Address, hostPort } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { createLog } from '../../runtime/log.ts';
import { table } from '../../runtime/text-table.ts';
import { type ClusterOptions, connector, targetOf, withCluster } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { unlessStopped } from '../exit.ts';
import { parseDnsServer } from '../listen-address.ts';
import { given, parseZone } from '../values.ts';

interface PlaceOptions extends ClusterOptions {
  readonly zone: string;
  readonly configmap: Pick<CoreDnsNames, 'namespace' | 'name'>;
  readonly clusterRole: string;
}

interface EnableOptions extends PlaceOptions {
  readonly mode: DnsMode;
  readonly forward?: Address;
  readonly dryRun: boolean;
}

interface CheckOptions extends PlaceOptions {
  readonly server?: Address;
  readonly output: 'table' | 'json' | 'yaml';
}

/** Where the chart puts the Service in front of `catamaran dns`. */
const SERVICE = { namespace: 'catamaran-system', name: 'catamaran-dns' } as const;

const TIMEOUT_MS = 5000;

function parseConfigMap(text: string): PlaceOptions['configmap'] {
  const [namespace = '', name = '', ...rest] = text.split('/');
  if (isHostLabel(namespace) && name.split('.').every(isHostLabel) && rest.length === 0) return { namespace, name };
  throw new InvalidArgumentError('Write NAMESPACE/NAME, such as kube-system/coredns.');
}

/** As a Corefile has it. */
function forwardText(address: Address): string {
  return address.port === 53 ? address.host : hostPort(address);
}

function namesOf({ configmap, clusterRole }: PlaceOptions): CoreDnsNames {
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

function show({ edits, notes }: InstallPlan, { stdout }: CliContext): void {
  for (const { title, lines } of edits) stdout.write(`${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  for (const note of notes) stdout.write(`Note: ${note}.\n`);
}

async function change(
  options: PlaceOptions & { readonly dryRun: boolean },
  request: InstallRequest,
  context: CliContext,
) {
  const names = namesOf(options);
  await withClient(options, context, async (client) => {
    const looked = async () => {
      const forward =
        request.mode === 'stub'
          ? (request.forward ?? (await forwardAddress(client, SERVICE.namespace, SERVICE.name)))
          : undefined;
      return planInstall(client, names, { ...request, ...(forward !== undefined && { forward }) });
    };
    // What is begun to be written is finished; until then it may be stopped.
    const plan = await unlessStopped(looked(), context.signal);
    show(plan, context);
    if (plan.edits.length === 0) context.stdout.write('Nothing to do: all is as it should be.\n');
    else if (options.dryRun) context.stdout.write('Nothing was written: --dry-run.\n');
    else {
      await applyEdits(client, plan.edits);
      const restart = `kubectl -n ${names.namespace} rollout restart deployment ${names.name}`;
      const next = plan.reloads ? 'CoreDNS reads it within two minutes' : `the Corefile has no reload: ${restart}`;
      context.stdout.write(`Done; ${next}.\n`);
    }
  });
}

async function check(options: CheckOptions, context: CliContext): Promise<void> {
  const { output, server, zone } = options;
  const hops = await withClient(options, context, (client) => {
    const names = namesOf(options);
    const checked = checkDns({
      client,
      names,
      zone,
      timeoutMs: TIMEOUT_MS,
      clock: systemClock,
      random: Math.random,
      ...(server && { server }),
    });
    return unlessStopped(checked, context.signal);
  });
  if (output === 'json') context.stdout.write(`${JSON.stringify(hops, null, 2)}\n`);
  else if (output === 'yaml') context.stdout.write(stringify(hops));
  else {
    const rows = hops.map(({ hop, result, seen }) => [hop, result, seen]);
    context.stdout.write(table([['HOP', 'RESULT', 'SEEN'], ...rows]));
  }
  const wrong = hops.find(({ result }) => result === 'wrong');
  if (wrong) throw new CatamaranError('CTM_DNS', `${wrong.hop}: ${wrong.seen}`);
}

function withPlace(command: Command): Command {
  const { namespace, name, clusterRole } = KUBEADM_NAMES;
  return withCluster(command)
    .addOption(new Option('--zone <domain>', 'the clusterset zone').argParser(parseZone).default('clusterset.local'))
    .addOption(
      new Option('--configmap <namespace/name>', 'ConfigMap with the Corefile')
        .argParser(parseConfigMap)
        .default({ namespace, name }, `${namespace}/${name}`),
    )
    .addOption(new Option('--cluster-role <name>', 'ClusterRole of CoreDNS').argParser(given).default(clusterRole));
}

const ENABLE_EXAMPLES = `
Examples:
  catamaran dns enable --mode coredns --context cluster1 --dry-run     show what would change
  catamaran dns enable --mode coredns --context cluster1
  catamaran dns enable --mode stub --context cluster1                  to the Service catamaran-system/catamaran-dns
  catamaran dns enable --mode stub --forward 10.96.0.53 --context cluster1
`;

const DISABLE_EXAMPLES = `
Examples:
  catamaran dns disable --context cluster1 --dry-run
  catamaran dns disable --context cluster1
`;

const CHECK_EXAMPLES = `
Examples:
  kubectl -n catamaran-system exec deployment/catamaran-dns -- catamaran dns check
  catamaran dns check --context cluster1 --server 127.0.0.1:1053
  catamaran dns check --output json | jq '.[] | select(.result == "wrong")'
`;

/** Adds the subcommands. */
export function registerDnsCluster(dns: Command, context: CliContext): void {
  withPlace(dns.command('enable').description('bring the clusterset zone into a cluster’s CoreDNS'))
    .addOption(
      new Option('--mode <mode>', 'coredns: its own option multicluster; stub: forward the zone to catamaran dns')
        .choices(['coredns', 'stub'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--forward <address>', 'where catamaran dns answers, for --mode stub').argParser(parseDnsServer),
    )
    .option('--dry-run', 'show the change and write nothing', false)
    .addHelpText('after', ENABLE_EXAMPLES)
    .action(({ mode, forward, ...options }: EnableOptions, command: Command) => {
      if (forward && mode !== 'stub')
        return command.error(`option '--forward <address>' is for --mode stub; the mode is ${mode}`);
      const to = forward && { forward: forwardText(forward) };
      return change(options, { mode, zone: options.zone, ...to }, context);
    });
  withPlace(dns.command('disable').description('take the clusterset zone out of a cluster’s CoreDNS'))
    .option('--dry-run', 'show the change and write nothing', false)
    .addHelpText('after', DISABLE_EXAMPLES)
    .action((options: PlaceOptions & { readonly dryRun: boolean }) => change(options, { zone: options.zone }, context));
  withPlace(dns.command('check').description('follow a question through a cluster’s DNS and say which hop is wrong'))
    .addOption(
      new Option('--server <address>', 'the cluster’s DNS as seen from here, with a port where it is not 53').argParser(
        parseDnsServer,
      ),
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'yaml']).default('table'))
    .addHelpText('after', CHECK_EXAMPLES)
    .action((options: CheckOptions) => check(options, context));
}
