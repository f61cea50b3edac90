/** The whole clusterset as plain data: its members and their Services. */
import type { Fleet } from '../fleet/fleet.ts';
import { attentionText, memberAttention, serviceAttention } from './attention.ts';
import { type MemberReport, memberReport, writerOf } from './member-report.ts';
import { type ServiceReport, serviceReport } from './service-report.ts';

export interface ClustersetReport {
  readonly members: readonly MemberReport[];
  /** By namespace and name. */
  readonly services: readonly ServiceReport[];
}

/** Reads the Leases of the members, and reports what their caches hold. `now` is in ms since the epoch. */
export async function clustersetReport(fleet: Fleet, now: number, signal: AbortSignal): Promise<ClustersetReport> {
  const members = fleet.members.filter((member) => fleet.isMember(member));
  const { lease } = fleet.config;
  return {
    members: await Promise.all(
      members.map(async (member) => memberReport(member, await writerOf(member, lease, now, signal))),
    ),
    services: [...fleet.index.keys()]
      .sort()
      .map((key) => serviceReport(fleet, key))
      .filter(({ exports, imports }) => exports.length + imports.length > 0),
  };
}

/** What keeps requests from being answered, or will: in the order in which to look at it. */
export function problemsOf({ members, services }: ClustersetReport): readonly string[] {
  return [...members.flatMap(memberAttention), ...services.flatMap(serviceAttention)].map(attentionText);
}
