/** The fleet that a command asks about: that of a fleet file, or the clusters of kubeconfig contexts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { USER_FIELD_MANAGER } from '../api/labels.ts';
import type { FleetConfig } from '../config/fleet-config.ts';
import { parseFleet } from '../config/parse.ts';
import { loadFleet } from '../config/watch.ts';
import { type Survey, type SurveyOptions, survey } from '../controller/survey.ts';
import { isDnsLabel } from '../core/naming.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import { readHub } from '../membership/hub.ts';
import { systemClock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { createLog } from '../runtime/log.ts';
import { UNPACED } from '../runtime/pace.ts';
import { connector } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Environment } from './environment.ts';
import { DEFAULT_NAMESPACE, withInventories } from './inventories.ts';
import { kubeconfigTrust, type TrustOptions, withKubeconfigTrust } from './kubeconfig-trust.ts';
import { userAccess, withAccess } from './membership.ts';
import { nonEmpty } from './values.ts';

/** A kubeconfig context, and the name of its cluster in the fleet. */
interface NamedContext {
  readonly name: string;
  readonly context: string;
}

export interface FleetTargetOptions extends TrustOptions {
  readonly config?: string;
  readonly contexts?: readonly NamedContext[];
  readonly kubeconfig?: string;
  readonly hubContext?: string;
  readonly hubNamespace?: string;
}

const ALLOWED = 'contexts separated by commas, each as CONTEXT or NAME=CONTEXT with a DNS label as name';

function parseContexts(text: string): readonly NamedContext[] {
  const named = text.split(',').map((part): NamedContext => {
    const [, name, context] = /^([^=]*)=(.*)$/.exec(part) ?? [part, part, part];
    return { name: (name ?? '').trim(), context: (context ?? '').trim() };
  });
  const names = new Set(named.map(({ name }) => name));
  if (named.every(({ name, context }) => isDnsLabel(name) && context !== '') && names.size === named.length)
    return named;
  throw new InvalidArgumentError(`Allowed: ${ALLOWED}, each name once.`);
}

/** Adds the options that select a fleet. */
export function withFleetTarget(command: Command): Command {
  command
    .addOption(
      new Option('-c, --config <file>', 'fleet file')
        .argParser(nonEmpty)
        .default(undefined, 'CATAMARAN_CONFIG')
        .conflicts(['contexts', 'kubeconfig']),
    )
    .addOption(
      new Option(
        '--contexts <list>',
        'kubeconfig contexts instead of a fleet file: CONTEXT or NAME=CONTEXT, …',
      ).argParser(parseContexts),
    )
    .addOption(
      new Option('--hub-context <name>', 'kubeconfig context of a hub, whose fleet and Secrets are read')
        .argParser(nonEmpty)
        .conflicts(['config', 'contexts']),
    )
    .addOption(
      new Option('--hub-namespace <name>', 'namespace of the controller in the hub')
        .argParser(nonEmpty)
        .default(undefined, DEFAULT_NAMESPACE),
    )
    .addOption(
      new Option('--kubeconfig <file>', 'kubeconfig file of --contexts and --hub-context')
        .argParser(nonEmpty)
        .default(undefined, 'KUBECONFIG, then ~/.kube/config'),
    );
  return withKubeconfigTrust(command);
}

/** A fleet of contexts, of which nothing is declared. */
function fleetOfContexts(contexts: readonly NamedContext[], kubeconfig: string | undefined): FleetConfig {
  const members = contexts.map(({ name, context }) => ({ name, context, ...(kubeconfig && { kubeconfig }) }));
  const document = { apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } };
  return parseFleet(JSON.stringify(document), { file: './contexts' });
}

/** @throws CTM_USAGE if neither a fleet file nor contexts are given, or an error of the fleet file. */
export async function fleetConfigOf(options: FleetTargetOptions, { fleetFile }: Environment): Promise<FleetConfig> {
  const { contexts, kubeconfig } = options;
  if (contexts) return fleetOfContexts(contexts, kubeconfig);
  const file = options.config ?? fleetFile;
  if (file !== undefined) return (await loadFleet(file)).config;
  throw new CatamaranError(
    'CTM_USAGE',
    `which fleet? pass --config FILE, --contexts LIST or --hub-context NAME, or set CATAMARAN_CONFIG`,
  );
}

/** The fleet of a hub, whose inventories are read with the context of the user. */
async function fleetOfHub(
  { kubeconfig, hubNamespace = DEFAULT_NAMESPACE }: FleetTargetOptions,
  hubContext: string,
  context: CliContext,
): Promise<FleetConfig> {
  const { file } = await withAccess(await userAccess(kubeconfig, hubContext, context), (hub) =>
    readHub(hub, hubNamespace, context.signal),
  );
  const access = {
    kind: 'kubeconfig' as const,
    context: hubContext,
    ...(kubeconfig !== undefined && { path: kubeconfig }),
  };
  return { ...file, inventories: file.inventories.map((each) => ({ namespace: hubNamespace, access, ...each })) };
}

/** A fleet with its members from inventories, and how to read it. */
export interface TargetFleet {
  readonly config: FleetConfig;
  readonly surroundings: SurveyOptions;
}

export async function targetFleet(options: FleetTargetOptions, context: CliContext): Promise<TargetFleet> {
  const { environment, stderrColors, signal } = context;
  const logger = createLog({ level: 'warn', format: 'text', colors: stderrColors });
  const trust = kubeconfigTrust(options, environment);
  const { hubContext } = options;
  const file =
    hubContext === undefined
      ? await fleetConfigOf(options, environment)
      : await fleetOfHub(options, hubContext, context);
  const { config, kubeconfigs } = await withInventories(file, environment, trust, logger, signal);
  const connect = connector(environment, trust, UNPACED, USER_FIELD_MANAGER, kubeconfigs);
  return { config, surroundings: { connect, clock: systemClock, random: Math.random, logger } };
}

/** Lists the fleet once, and reads it. */
export async function surveyFleet<T>(
  options: FleetTargetOptions,
  context: CliContext,
  read: (fleet: Fleet) => T | Promise<T>,
): Promise<Survey<T>> {
  const { config, surroundings } = await targetFleet(options, context);
  return survey(config, surroundings, context.signal, read);
}

/** @throws CTM_USAGE if the fleet has no such member. */
export function memberNamed(fleet: Fleet, name: string): Member {
  const member = fleet.member(name);
  if (member) return member;
  const names = fleet.members.map((each) => each.name).join(', ');
  throw new CatamaranError('CTM_USAGE', `--member: the fleet has no member ${JSON.stringify(name)}; it has ${names}`);
}
