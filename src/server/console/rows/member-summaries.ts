/** The members as a session may see them. */
import { splitKey } from '../../../api/meta.ts';
import { timestamp } from '../../../api/time.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Member } from '../../../fleet/member.ts';
import { lostSince } from '../../../fleet/member-state.ts';
import { memberReport } from '../../../inspect/member-report.ts';
import type { MemberSummary } from '../api-types.ts';
import type { WriteSource } from '../console-options.ts';
import type { Scope } from '../scope.ts';
import type { LeaseReader } from './lease-reader.ts';

export interface MemberSources {
  readonly fleet: Fleet;
  readonly leases: LeaseReader;
  readonly writes?: WriteSource;
}

/** For users who may not see everything: messages of a member may name what they may not see. */
const HIDDEN_WRITER = { state: 'unknown', error: 'shown to users who may see all namespaces' } as const;

function visibleCount(names: Iterable<string>, scope: Scope): number {
  let count = 0;
  for (const name of names) if (scope.sees(name.slice(0, name.indexOf('/')))) count++;
  return count;
}

function lags({ writes }: MemberSources): ReadonlyMap<string, NonNullable<MemberSummary['lag']>> {
  const lists = new Map<string, number[]>();
  for (const { member, lagMs } of writes?.recent() ?? []) {
    if (lagMs === undefined) continue;
    const list = lists.get(member) ?? [];
    lists.set(member, list);
    if (list.length < 100) list.push(lagMs);
  }
  return new Map(
    [...lists].map(([member, list]) => {
      const sorted = list.toSorted((a, b) => a - b);
      return [
        member,
        { p50Ms: sorted[Math.floor(sorted.length / 2)] ?? 0, maxMs: sorted.at(-1) ?? 0, writes: list.length },
      ];
    }),
  );
}

/** In the order of the fleet file. */
export async function memberSummaries(
  sources: MemberSources,
  scope: Scope,
  signal: AbortSignal,
  members: readonly Member[] = membersOf(sources.fleet),
): Promise<readonly MemberSummary[]> {
  const writers = await sources.leases.writers(members, signal);
  const lag = lags(sources);
  return members.map((member, at): MemberSummary => {
    const { error, ...report } = memberReport(member, writers[at] ?? HIDDEN_WRITER);
    const since = lostSince(member.state);
    const own = lag.get(member.name);
    const seen = since !== undefined && { lastSeen: timestamp(since) };
    if (scope.all) return { ...report, ...(error !== undefined && { error }), ...seen, ...(own && { lag: own }) };
    const { cache } = member;
    return {
      ...report,
      writer: HIDDEN_WRITER,
      exports: visibleCount(cache.exports.names(), scope),
      imports: visibleCount(cache.imports.names(), scope),
      ...seen,
    };
  });
}

/** Members that take part. */
export function membersOf(fleet: Fleet): readonly Member[] {
  return fleet.members.filter((member) => fleet.isMember(member));
}

/** A member by its name, if it takes part. */
export function memberOf(fleet: Fleet, name: string): Member | undefined {
  const member = fleet.member(name);
  return member && fleet.isMember(member) ? member : undefined;
}

export function isVisible(scope: Scope, key: Parameters<typeof splitKey>[0]): boolean {
  return scope.all || scope.sees(splitKey(key).namespace);
}
