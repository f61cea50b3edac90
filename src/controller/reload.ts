/** Which members a new configuration concerns. */
import { isDeepStrictEqual } from 'node:util';
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';

/**
 * The settings that the imports of every member depend on. Left out: the members and where they come from; names, which do not reach them; the
 * Lease, which requires a restart; the guard of edits; and the times of outages, which change the standing of members.
 */
function sharedBy(config: FleetConfig): Partial<FleetConfig> {
  const {
    members,
    name,
    clustersetDomain,
    lease,
    guard,
    unreachableAfterMs,
    endpointExpiryMs,
    inventories,
    ...shared
  } = config;
  return shared;
}

/**
 * Names of the members whose keys have to be reconciled because of the difference. A member that was added counts, since
 * it may be one that is still watched after its removal.
 */
export function membersConcerned(before: FleetConfig, after: FleetConfig): readonly string[] {
  const known = new Map<string, MemberConfig>(before.members.map((member) => [member.name, member]));
  const isShared = !isDeepStrictEqual(sharedBy(before), sharedBy(after));
  return after.members
    .filter((member) => isShared || !isDeepStrictEqual(member, known.get(member.name)))
    .map(({ name }) => name);
}
