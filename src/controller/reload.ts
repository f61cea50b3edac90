/** What a new configuration changes for the keys of members that stay. */
import { isDeepStrictEqual } from 'node:util';
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';

/**
 * The settings that every member depends on. Left out: members; the Lease, which requires a restart; the guard of edits; and the times of
 * outages, which change the standing of members.
 */
function sharedBy(
  config: FleetConfig,
): Omit<FleetConfig, 'members' | 'lease' | 'guard' | 'unreachableAfterMs' | 'endpointExpiryMs'> {
  const { members: _, lease: __, guard: ___, unreachableAfterMs: ____, endpointExpiryMs: _____, ...shared } = config;
  return shared;
}

/** Names of the members of both configurations whose keys have to be reconciled because of the difference. */
export function membersConcerned(before: FleetConfig, after: FleetConfig): readonly string[] {
  const known = new Map<string, MemberConfig>(before.members.map((member) => [member.name, member]));
  const stay = after.members.filter(({ name }) => known.has(name));
  const isShared =
    !isDeepStrictEqual(sharedBy(before), sharedBy(after)) ||
    // They decide what all others import from the member.
    stay.some(({ name, slices }) => slices !== known.get(name)?.slices);
  return stay
    .filter((member) => isShared || !isDeepStrictEqual(member, known.get(member.name)))
    .map(({ name }) => name);
}
