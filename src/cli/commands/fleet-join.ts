/** `catamaran join`: makes a cluster a member of the fleet of a hub. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { isDnsLabel } from '../../core/naming.ts';
import { SHORTEST_LIFETIME_MS } from '../../membership/account-token.ts';
import { join } from '../../membership/join.ts';
import type { JoinOutcome, JoinResult } from '../../membership/join-options.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { visible, visibleLines } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { clusterVersion } from '../installing.ts';
import {
  authorityOf,
  hubAccess,
  memberAccess,
  objectLine,
  type TwoClusters,
  withAccess,
  withTwoClusters,
} from '../membership.ts';
import { outputOption, rendered } from '../output.ts';
import { note } from '../sharing.ts';
import { nonEmpty, parseDurationOrNever, parseWait } from '../values.ts';

interface JoinCommandOptions extends TwoClusters {
  readonly name: string;
  readonly server?: string;
  readonly certificateAuthority?: string;
  readonly podCidrs?: string;
  readonly serviceCidrs?: string;
  readonly nodeCidrs?: string;
  readonly extraCidrs?: string;
  readonly hubIsMember: boolean;
  readonly tokenLifetime: number;
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly output: 'table' | 'json' | 'yaml';
}

function parseName(text: string): string {
  if (isDnsLabel(text)) return text;
  throw new InvalidArgumentError('Allowed: one DNS label, such as cluster1.');
}

function parseServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.search === '') return url.href.replace(/\/+$/, '');
  throw new InvalidArgumentError('Allowed: an https URL, such as https://10.0.0.1:6443.');
}

function parseLifetime(text: string): number {
  const ms = parseDurationOrNever(text);
  if (ms >= SHORTEST_LIFETIME_MS && ms <= 365 * 86_400_000) return ms;
  throw new InvalidArgumentError('Allowed: durations from 10m to 8760h, such as 168h.');
}

async function authorityFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CatamaranError('CTM_USAGE', `--certificate-authority: ${file}: cannot be read: ${messageOf(error)}`);
  }
}

function rangesText({ ranges, origins }: JoinResult): string {
  return Object.entries(ranges)
    .map(
      ([field, cidrs]) =>
        `  ${field}: ${cidrs.join(', ')}${origins[field] === undefined ? '' : ` (${origins[field]})`}\n`,
    )
    .join('');
}

function resultText(result: JoinResult, outcomes: readonly JoinOutcome[], { dryRun }: JoinCommandOptions): string {
  const lines = outcomes.filter(({ action }) => action !== 'kept').map((each) => `${objectLine(each, dryRun)}\n`);
  const state = dryRun
    ? 'would be a member'
    : result.wasMember
      ? 'is already a member; its account, token and ranges are up to date'
      : 'is a member';
  const writer = result.writer === undefined ? '' : `, written to by ${result.writer}`;
  return `${lines.join('')}${visible(`${result.name} ${state}${writer}`)}\n${visibleLines(rangesText(result))}`;
}

async function run(options: JoinCommandOptions, context: CliContext): Promise<void> {
  const { namespace, name, dryRun, output } = options;
  const [access, hub] = await Promise.all([memberAccess(options, context), hubAccess(options, context)]);
  const ca = authorityOf(access, await authorityFile(options.certificateAuthority));
  const outcomes: JoinOutcome[] = [];
  const ranges = {
    ...(options.podCidrs !== undefined && { podCIDRs: options.podCidrs }),
    ...(options.serviceCidrs !== undefined && { serviceCIDRs: options.serviceCidrs }),
    ...(options.nodeCidrs !== undefined && { nodeCIDRs: options.nodeCidrs }),
    ...(options.extraCidrs !== undefined && { extraCIDRs: options.extraCidrs }),
  };
  const result = await withAccess(access, (member) =>
    withAccess(hub, async (hubClient) =>
      join({
        name,
        member,
        hub: hubClient,
        namespace,
        server: options.server ?? access.server,
        ...(ca !== undefined && { ca }),
        ranges,
        hubIsMember: options.hubIsMember,
        lifetimeMs: options.tokenLifetime,
        timeoutMs: options.timeout,
        dryRun,
        version: packageJson.version,
        kubernetes: await clusterVersion(member),
        clock: systemClock,
        signal: context.signal,
        onProgress: (text) => note(context, text),
        onOutcome: (outcome) => outcomes.push(outcome),
      }),
    ),
  );
  for (const warning of result.warnings) note(context, `warning: ${warning}`);
  const data = { ...result, dryRun, objects: outcomes };
  context.stdout.write(rendered(data, output, () => resultText(result, outcomes, options)));
}

function cidrs(flag: string, what: string): Option {
  return new Option(`${flag} <list>`, `${what}, separated by commas`).argParser(nonEmpty);
}

export const registerJoin: Register = (program, context) => {
  const command: Command = program
    .command('join')
    .description('add a cluster to the fleet of a hub')
    .addOption(
      new Option('--name <name>', 'name of the member, its cluster ID in the fleet')
        .argParser(parseName)
        .makeOptionMandatory(),
    );
  withTwoClusters(command, 'kubeconfig context of the cluster (default: current context)')
    .addOption(
      new Option('--server <url>', 'address at which the hub reaches the API server')
        .argParser(parseServer)
        .default(undefined, 'that of the kubeconfig'),
    )
    .addOption(
      new Option('--certificate-authority <file>', 'certificate authority of that address, in PEM')
        .argParser(nonEmpty)
        .default(undefined, 'that of the kubeconfig'),
    )
    .addOption(cidrs('--pod-cidrs', 'ranges of pods').default(undefined, 'found in the cluster'))
    .addOption(cidrs('--service-cidrs', 'ranges of Services').default(undefined, 'found in the cluster'))
    .addOption(cidrs('--node-cidrs', 'ranges of nodes, for pods with hostNetwork'))
    .addOption(cidrs('--extra-cidrs', 'other ranges with endpoints'))
    .addOption(
      new Option('--token-lifetime <duration>', 'lifetime of the token, which the controller renews halfway')
        .argParser(parseLifetime)
        .default(604_800_000, '168h'),
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for the controller to connect; 0: do not wait')
        .argParser(parseWait)
        .default(120_000, '120'),
    )
    .option('--hub-is-member', 'accept the cluster of the hub as a member', false)
    .option('--dry-run', 'check everything, and print what would be created', false)
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'catamaran join --context cluster1 --name cluster1 --hub-context hub',
        ['catamaran join --context cluster1 --name cluster1 --hub-context hub --dry-run', 'check without writing'],
        [
          'catamaran join --context kind-a --name a --hub-context kind-hub --server https://172.18.0.3:6443',
          'if the address in the kubeconfig is local',
        ],
      ),
    )
    .action((options: JoinCommandOptions) => run(options, context));
};
