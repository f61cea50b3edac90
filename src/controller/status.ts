/** The status of the fleet as plain data, for /readyz and metrics. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { MemberState } from '../fleet/member-state.ts';
import type { HeldEdit } from './edit-guard.ts';
import type { MemberReading, TroubledObject } from './member-gauges.ts';
import type { Gauges } from './metrics.ts';

/** The status of a member. `since` is RFC 3339. */
export interface MemberStatus {
  readonly name: string;
  readonly state: MemberState['phase'];
  readonly writer: boolean;
  /** The replica that writes instead of this one, as last seen. */
  readonly writtenBy?: string;
  readonly exports: number;
  readonly imports: number;
  readonly since?: string;
  readonly error?: string;
  /** The connection that takes over when it is known, after the member's entry or kubeconfig changed. */
  readonly successor?: { readonly state: MemberState['phase']; readonly error?: string };
  /** Removed from the fleet file, but still waiting for members that are not known yet, or for a confirmation. */
  readonly leaving?: true;
}

/** The status of the fleet: ready when every reachable member has been listed, and at least one has if there are any. */
export interface FleetStatus {
  readonly ready: boolean;
  readonly members: readonly MemberStatus[];
  /** Parts of the fleet file that wait for a confirmation. */
  readonly held?: readonly HeldEdit[];
}

/** Who writes to a member: whether this replica does, and the holder of the Lease as last seen, empty if none. */
export interface Writer {
  readonly holds: boolean;
  readonly holder: string;
}

/** The status of all members. */
export function fleetStatus(
  fleet: Fleet,
  writerOf: (member: Member) => Writer,
  held: readonly HeldEdit[] = [],
): FleetStatus {
  const successors = new Map(fleet.successors.map((member) => [member.name, member]));
  const joining = fleet.successors.filter(({ name }) => !fleet.member(name));
  const members = [...fleet.members, ...joining].map((member): MemberStatus => {
    const { state, cache, name } = member;
    const successor = successors.get(name);
    const error = errorOf(member);
    const { holds, holder } = writerOf(member);
    return {
      name,
      state: state.phase,
      writer: holds,
      ...(!holds && holder !== '' && { writtenBy: holder }),
      exports: cache.exports.size,
      imports: cache.imports.size,
      ...('since' in state && state.since !== undefined && { since: new Date(state.since).toISOString() }),
      ...(error !== undefined && { error }),
      ...(successor && successor !== member && { successor: stateOf(successor) }),
      ...(fleet.isLeaving(member) && { leaving: true }),
    };
  });
  const pending = fleet.members.some(({ state }) => state.phase === 'unknown' && !state.error);
  const isKnown = fleet.members.length === 0 || fleet.members.some(({ cache }) => cache.synced);
  return { ready: !pending && isKnown, members, ...(held.length > 0 && { held }) };
}

function errorOf({ state }: Member): string | undefined {
  return state.phase === 'ready' ? undefined : state.error?.message;
}

function stateOf(member: Member): NonNullable<MemberStatus['successor']> {
  const error = errorOf(member);
  return { state: member.state.phase, ...(error !== undefined && { error }) };
}

function phaseCounts(fleet: Fleet): Record<MemberState['phase'], number> {
  const counts = { ready: 0, unreachable: 0, unknown: 0, refused: 0 };
  for (const { state } of fleet.members) counts[state.phase]++;
  return counts;
}

function troubledObjects({ troubledExports, troubledImports }: Member['cache']['tallies']): readonly TroubledObject[] {
  return [
    ...troubledExports.shown().map(([reason, object]) => ({ kind: 'ServiceExport', object, reason }) as const),
    ...troubledImports.shown().map(([reason, object]) => ({ kind: 'ServiceImport', object, reason }) as const),
  ];
}

function readingOf(member: Member, leaseHeld: boolean, now: number): MemberReading {
  const { name, state, cache } = member;
  const { tallies } = cache;
  const lastSeen = state.phase === 'ready' ? now : state.phase === 'unreachable' ? state.since : undefined;
  return {
    name,
    state: state.phase,
    ...(lastSeen !== undefined && { lastSeen }),
    leaseHeld,
    objects: [
      ['ServiceExport', cache.exports.size],
      ['ServiceImport', cache.imports.size],
      ['Service', cache.services.size],
      ['EndpointSlice', cache.slices.size],
      ['Namespace', cache.namespaces.size],
    ],
    setAside: cache.setAsideCounts().map(({ resource, count }) => [resource, count] as const),
    exports: tallies.exports.counts(),
    conflicts: tallies.conflicts,
    imports: tallies.imports.counts(),
    endpoints: tallies.endpoints.counts(),
    shared: tallies.shared.counts(),
    troubled: troubledObjects(tallies),
  };
}

export interface GaugeSources {
  readonly fleet: Fleet;
  /** Whether this replica holds the Lease of a member. */
  readonly holds: (member: Member) => boolean;
  readonly queues: readonly { readonly depth: number; readonly retrying: number }[];
  readonly held: readonly HeldEdit[];
  /** In ms since the epoch. */
  readonly now: number;
}

export function gaugesOf({ fleet, holds, queues, held, now }: GaugeSources): Gauges {
  const members = fleet.members.map((member) => readingOf(member, holds(member), now));
  return {
    phases: phaseCounts(fleet),
    leases: members.filter(({ leaseHeld }) => leaseHeld).length,
    members,
    queue: {
      depth: queues.reduce((sum, { depth }) => sum + depth, 0),
      retrying: queues.reduce((sum, { retrying }) => sum + retrying, 0),
    },
    held: held.map(({ part }) => part),
  };
}
