/** The status of the fleet as plain data, for /readyz and metrics. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Member, MemberState } from '../fleet/member.ts';
import type { Gauges } from './metrics.ts';

/** The status of a member. `since` is RFC 3339. */
export interface MemberStatus {
  readonly name: string;
  readonly state: MemberState['phase'];
  readonly writer: boolean;
  readonly exports: number;
  readonly imports: number;
  readonly since?: string;
  readonly error?: string;
  /** The connection that takes over when it is known, after the member's entry or kubeconfig changed. */
  readonly successor?: { readonly state: MemberState['phase']; readonly error?: string };
  /** Removed from the fleet file, but still waiting for members that are not known yet. */
  readonly leaving?: true;
}

/** The status of the fleet: ready when every reachable member has been listed, and at least one has. */
export interface FleetStatus {
  readonly ready: boolean;
  readonly members: readonly MemberStatus[];
}

/** The status of all members; `holds` returns whether this replica holds the Lease of a member. */
export function fleetStatus(fleet: Fleet, holds: (member: Member) => boolean): FleetStatus {
  const successors = new Map(fleet.successors.map((member) => [member.name, member]));
  const joining = fleet.successors.filter(({ name }) => !fleet.member(name));
  const members = [...fleet.members, ...joining].map((member): MemberStatus => {
    const { state, cache, name } = member;
    const successor = successors.get(name);
    const error = errorOf(member);
    return {
      name,
      state: state.phase,
      writer: holds(member),
      exports: cache.exports.size,
      imports: cache.imports.size,
      ...(state.phase === 'unreachable' && { since: new Date(state.since).toISOString() }),
      ...(error !== undefined && { error }),
      ...(successor && successor !== member && { successor: stateOf(successor) }),
      ...(fleet.isLeaving(member) && { leaving: true }),
    };
  });
  const pending = fleet.members.some(({ state }) => state.phase === 'unknown' && !state.error);
  return { ready: !pending && fleet.members.some(({ cache }) => cache.synced), members };
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

/** Objects kept in memory by member and kind. */
function objectCounts(fleet: Fleet): { member: string; kind: string; count: number }[] {
  return fleet.members.flatMap(({ name, cache }) => [
    { member: name, kind: 'ServiceExport', count: cache.exports.size },
    { member: name, kind: 'ServiceImport', count: cache.imports.size },
    { member: name, kind: 'Service', count: cache.services.size },
    { member: name, kind: 'EndpointSlice', count: cache.slices.size },
    { member: name, kind: 'Namespace', count: cache.namespaces.size },
  ]);
}

export function gaugesOf(
  fleet: Fleet,
  leases: number,
  queues: readonly { readonly depth: number; readonly retrying: number }[],
): Gauges {
  return {
    members: phaseCounts(fleet),
    leases,
    objects: objectCounts(fleet),
    setAside: fleet.members.flatMap(({ name, cache }) =>
      cache.setAsideCounts().map((counted) => ({ member: name, ...counted })),
    ),
    queue: {
      depth: queues.reduce((sum, { depth }) => sum + depth, 0),
      retrying: queues.reduce((sum, { retrying }) => sum + retrying, 0),
    },
  };
}
