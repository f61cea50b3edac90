/** Shared by `export`, `unexport` and `import`: options, the write, and the wait for its effect. */
import { type Command, Option } from 'commander';
import type { JsonObject } from '../api/json.ts';
import { type Condition, type ServiceKey, splitKey } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';
import type { Resource } from '../api/resources.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import { conditionOf } from '../inspect/condition.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { systemClock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { visible } from '../runtime/visible.ts';
import { namesToCall } from '../sharing/names-to-call.ts';
import { isSettled, reader, until } from '../sharing/progress.ts';
import type { CliContext } from './context.ts';
import { type FleetTargetOptions, memberNamed, withFleetTarget } from './fleet-target.ts';
import { nonEmpty, parseSeconds, parseServiceKey } from './values.ts';

/** `client`: nothing is sent; `server`: the API server validates and admits the write, and does not store it. */
export type DryRun = 'client' | 'server';

export interface SharingOptions extends FleetTargetOptions {
  readonly member: string;
  readonly dryRun?: DryRun;
}

export interface WaitOptions {
  /** In ms. */
  readonly timeout: number;
  readonly wait: boolean;
}

/** Adds the Service, the member, and the dry run. */
export function withSharing(command: Command, member: string): Command {
  return withFleetTarget(command.argument('<namespace/service>', 'Service', parseServiceKey))
    .addOption(new Option('--member <name>', member).argParser(nonEmpty).makeOptionMandatory())
    .addOption(
      new Option(
        '--dry-run [where]',
        'print what would be done without doing it; server: the API server admits it, too',
      )
        .choices(['client', 'server'])
        .preset('client'),
    );
}

/** Adds the options of a wait. */
export function withWait(command: Command): Command {
  return command
    .option('--no-wait', 'do not wait until the Service can be called')
    .addOption(new Option('--timeout <seconds>', 'how long to wait').argParser(parseSeconds).default(60_000, '60'));
}

/**
 * The member to change, with a warning for every other one that could not be listed, since what it exports is unknown.
 *
 * @throws CTM_USAGE if the fleet has no such member, CTM_MEMBER_UNLISTED if it could not be listed.
 */
export function targetOf(fleet: Fleet, { member: name }: SharingOptions, context: CliContext): Member {
  const member = memberNamed(fleet, name);
  if (!member.cache.synced) {
    throw new CatamaranError('CTM_MEMBER_UNLISTED', `member "${name}" could not be listed${reasonOf(member)}`);
  }
  for (const other of fleet.members) {
    if (other.cache.synced) continue;
    note(context, `warning: member "${other.name}" could not be listed, so its exports are unknown${reasonOf(other)}`);
  }
  return member;
}

function reasonOf({ state }: Member): string {
  return state.phase === 'ready' || !state.error ? '' : `: ${state.error.message}`;
}

/** @throws CTM_MEMBER_UNLISTED if there is no connection. */
export function clientOf({ name, client }: Member): KubeClient {
  if (client) return client;
  throw new CatamaranError('CTM_MEMBER_UNLISTED', `member "${name}" does not respond`);
}

/** As kubectl names an object. */
export function describe({ kind, group }: Resource, key: ServiceKey): string {
  return `${kind.toLowerCase()}.${group}/${splitKey(key).name}`;
}

/** `(dry run)` or `(server dry run)`, as kubectl says it; empty if this is none. */
export function dryRunNote({ dryRun }: SharingOptions): string {
  if (dryRun === undefined) return '';
  return dryRun === 'server' ? ' (server dry run)' : ' (dry run)';
}

/** Creates an object, unless this is a dry run. */
export async function createShared(
  member: Member,
  resource: Resource,
  key: ServiceKey,
  manifest: ServiceExport | ServiceImport,
  options: SharingOptions,
  { stdout, signal }: CliContext,
): Promise<void> {
  const object: JsonObject = JSON.parse(JSON.stringify(manifest));
  const { dryRun } = options;
  if (dryRun !== 'client') {
    const { namespace } = splitKey(key);
    await clientOf(member).create(resource, namespace, object, { signal, ...(dryRun && { dryRun: 'All' }) });
  }
  stdout.write(`${describe(resource, key)} created in ${member.name}${dryRunNote(options)}\n`);
}

/** Prints `line`, so that a user sees what is waited for. */
export function note({ stderr }: Pick<CliContext, 'stderr'>, line: string): void {
  stderr.write(`${visible(line)}\n`);
}

function unmet(type: string, condition: Condition | undefined): string {
  return condition ? `${type} is ${condition.status}: ${condition.reason}: ${condition.message}` : `${type} is not set`;
}

/** Waits until a condition is True; fails at once if it is False for a reason that is not transient. */
export async function awaitCondition(
  member: Member,
  resource: Resource,
  key: ServiceKey,
  type: string,
  { timeout }: WaitOptions,
  { signal }: CliContext,
): Promise<void> {
  let last: Condition | undefined;
  const settled = await until(
    reader<ServiceExport | ServiceImport>(clientOf(member), resource, key, signal),
    (object) => {
      last = conditionOf(object, type);
      return last && isSettled(last) ? last : undefined;
    },
    { clock: systemClock, timeoutMs: timeout, signal },
  );
  if (settled?.status === 'True') return;
  const what = `${describe(resource, key)} in ${member.name}: ${unmet(type, settled ?? last)}`;
  const hint = settled ? '' : `, after ${timeout / 1_000} s; catamaran explain ${key} shows the first broken hop`;
  throw new CatamaranError('CTM_EXPLAINED', `${what}${hint}`);
}

/** How pods of an importing member call the Service. */
export function callText(fleet: Fleet, member: Member, key: ServiceKey): string {
  const names = namesToCall(key, member.config.derivedPrefix, fleet.config.clustersetDomain);
  return `From pods in ${member.name}:\n${names.map((name) => `  ${name}\n`).join('')}`;
}
