/** The whole clusterset as plain data: its members and their Services. */
import type { Fleet } from '../fleet/fleet.ts';
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
  return [...members.flatMap(memberProblems), ...services.flatMap(serviceProblems)];
}

function memberProblems({ name, state, error, writer }: MemberReport): string[] {
  if (state !== 'ready') return [`member ${name} is ${state}${error === undefined ? '' : `: ${error}`}`];
  switch (writer.state) {
    case 'active':
      return [];
    case 'expired':
      return [`no controller writes to member ${name}: ${writer.holder} last renewed its Lease at ${writer.renewedAt}`];
    case 'none':
      return [`no controller writes to member ${name}: its Lease has no holder`];
    case 'unknown':
      return [`the Lease of member ${name} cannot be read: ${writer.error}`];
  }
}

function serviceProblems({ namespace, name, exports, imports }: ServiceReport): string[] {
  const service = `${namespace}/${name}`;
  const because = ({ reason, message }: { readonly reason?: string; readonly message?: string }) =>
    reason === undefined ? '' : `: ${reason}${message === undefined ? '' : `: ${message}`}`;
  return [
    ...exports
      .filter(({ state, reason }) => state !== 'Exported' || reason !== undefined)
      .map((each) => `export of ${service} in ${each.member} is ${each.state}${because(each)}`),
    ...imports
      .filter(({ state, reason }) => state !== 'Ready' || reason !== undefined)
      .map((each) => `import of ${service} in ${each.member} is ${each.state}${because(each)}`),
  ];
}
