/** The fleet of a file and of its inventories. */
import { overlaps, parseNetwork } from '../../api/ip.ts';
import { endpointNetworks, type FleetConfig, type MemberConfig } from '../../config/fleet-config.ts';
import { memberConfigOf } from '../../config/parse.ts';
import { digits, equal } from '../../core/fingerprint.ts';
import type { DescribedMember } from './described-member.ts';

const TOKEN_DIGITS = 16;

/** What became of an object of an inventory. */
export interface InventoryOutcome {
  readonly source: string;
  readonly member?: string;
  /** Why it is not in effect as it is. */
  readonly problem?: string;
}

export interface MergedFleet {
  readonly config: FleetConfig;
  readonly outcomes: readonly InventoryOutcome[];
}

/** Settings in effect, by source. */
type Accepted = ReadonlyMap<string, MemberConfig>;

/**
 * Members of the file come first, then those of the inventories, the oldest first. One that cannot be used as it is
 * keeps its former settings, if `before` has any; otherwise it is a member without networks, whose connection fails
 * with the problem: it is unknown, and what came from it stays with the others.
 */
export function mergedFleet(file: FleetConfig, described: readonly DescribedMember[], before: Accepted): MergedFleet {
  const members: MemberConfig[] = [...file.members];
  const departing: string[] = [];
  const outcomes: InventoryOutcome[] = [];
  const ordered = described.toSorted((a, b) => compare(a.createdAt, b.createdAt) || compare(a.source, b.source));
  for (const each of ordered) {
    const { source, name, isLeaving } = each;
    const known = before.get(source);
    const member = name ?? known?.name;
    if (isLeaving) {
      if (member !== undefined && !members.some((other) => other.name === member)) departing.push(member);
      outcomes.push({ source, ...(member !== undefined && { member }) });
      continue;
    }
    const wanted = configOf(each, file);
    const problem = each.problem ?? (wanted && clash(wanted, members));
    outcomes.push({
      source,
      ...(member !== undefined && { member }),
      ...(problem !== undefined && { problem }),
    });
    const config = problem === undefined ? wanted : substitute(each, known, members, file);
    if (config) members.push(config);
  }
  const guard = {
    ...file.guard,
    token: tokenOf(file, members),
    ...(departing.length > 0 && { departing: departing.toSorted() }),
  };
  return {
    config: equal(members, file.members) && departing.length === 0 ? file : { ...file, guard, members },
    outcomes,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function tokenOf(file: FleetConfig, members: readonly MemberConfig[]): string {
  const added = members.slice(file.members.length);
  return added.length === 0 ? file.guard.token : digits(JSON.stringify([file.guard.token, added]), TOKEN_DIGITS);
}

function configOf({ source, settings }: DescribedMember, { derivedPrefix }: FleetConfig): MemberConfig | undefined {
  return settings && memberConfigOf(settings, { kind: 'stored', source }, derivedPrefix);
}

/** The member in place of one that cannot be used as described. */
function substitute(
  { source, name, settings }: DescribedMember,
  known: MemberConfig | undefined,
  members: readonly MemberConfig[],
  { derivedPrefix }: FleetConfig,
): MemberConfig | undefined {
  if (known && clash(known, members) === undefined) return known;
  const taken = name === undefined || members.some((other) => other.name === name);
  if (taken) return undefined;
  const access = { kind: 'stored', source } as const;
  return {
    name,
    access,
    podCIDRs: [],
    serviceCIDRs: [],
    nodeCIDRs: [],
    extraCIDRs: [],
    addresses: 'Known',
    slices: settings?.slices ?? 'Managed',
    derivedPrefix: settings?.derivedPrefix ?? derivedPrefix,
    namespaces: [],
  };
}

/** Why a member cannot be one beside those before it. */
export function clash(member: MemberConfig, others: readonly MemberConfig[]): string | undefined {
  for (const other of others) {
    const problem = clashWith(member, other);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function placeOf({ access }: MemberConfig): string {
  return access.kind === 'stored' ? access.source : 'the fleet file';
}

function clashWith(member: MemberConfig, other: MemberConfig): string | undefined {
  if (member.name === other.name) {
    return `${placeOf(other)} has a member ${JSON.stringify(other.name)} already, which takes precedence; use another name`;
  }
  if (member.clusterId !== undefined && member.clusterId === other.clusterId) {
    return `member ${JSON.stringify(other.name)} of ${placeOf(other)} has the same clusterId; a cluster can be only one member`;
  }
  const shared = overlapOf(member, other);
  return shared && `${shared}; an address must belong to only one member`;
}

/** The first networks of two members that overlap, for a message. Service networks may overlap each other. */
export function overlapOf(member: MemberConfig, other: MemberConfig): string | undefined {
  const [mine, theirs] = [endpointNetworks(member), endpointNetworks(other)];
  const found = firstOverlap(mine, [...theirs, ...other.serviceCIDRs]) ?? firstOverlap(member.serviceCIDRs, theirs);
  return found && `${found[0]} overlaps ${found[1]} of member ${JSON.stringify(other.name)} of ${placeOf(other)}`;
}

function firstOverlap(some: readonly string[], others: readonly string[]): readonly [string, string] | undefined {
  for (const one of some) {
    const network = parseNetwork(one);
    const hit = network && others.find((other) => isOverlap(network, other));
    if (hit !== undefined) return [one, hit];
  }
  return undefined;
}

function isOverlap(network: NonNullable<ReturnType<typeof parseNetwork>>, text: string): boolean {
  const other = parseNetwork(text);
  return other !== undefined && overlaps(network, other);
}
