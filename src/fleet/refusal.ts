/** Why a cluster must not be a member. */
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import { CatamaranError, type ErrorCode } from '../runtime/errors.ts';
import { type ClusterIdentity, isSameCluster } from './same-cluster.ts';

/** A member, or one that wants to be. */
interface Claimant {
  readonly name: string;
  readonly identity: ClusterIdentity | undefined;
}

/** Both are members: neither can prove that the other one is wrong, and each decides about its own endpoints only. */
export const NAMESAKE =
  'another member has the same cluster ID and is another cluster: one is a copy, or its claim is false; set clusterId to pin the right one';

/** Whether two clusters report the same ID without being one. */
export function isNamesake(one: Claimant, other: Claimant): boolean {
  return one.identity !== undefined && one.identity.uid === other.identity?.uid && !isSameCluster(one, other);
}

export function duplicate(member: Claimant, twin: Claimant): CatamaranError {
  return new CatamaranError(
    'CTM_MEMBER_DUPLICATE',
    `members "${twin.name}" and "${member.name}" are the same cluster (kube-system has UID ${member.identity?.uid} in both); ` +
      `"${member.name}" is refused until one of them is removed`,
  );
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set(['CTM_MEMBER_DUPLICATE', 'CTM_MEMBER_IDENTITY', 'CTM_MEMBER_VERSION']);

/** Whether a cluster that responds must not be a member. */
export function isRefused(error: Error): boolean {
  return error instanceof CatamaranError && REFUSALS.has(error.code);
}

/** @throws CTM_MEMBER_IDENTITY if the fleet file pins the ID of the cluster for another member. */
export function refuseClaim({ name, identity }: Claimant, { members }: FleetConfig): void {
  const owner = members.find((other) => other.name !== name && other.clusterId === identity?.uid);
  if (!identity || !owner) return;
  throw new CatamaranError(
    'CTM_MEMBER_IDENTITY',
    `member "${name}" claims the cluster ID ${identity.uid}, which the fleet file pins for member "${owner.name}"`,
  );
}

/** @throws CTM_MEMBER_IDENTITY if the fleet file pins another cluster for the member. */
export function requirePinned({ name, clusterId }: MemberConfig, { uid }: ClusterIdentity): void {
  if (clusterId === undefined || clusterId === uid) return;
  throw new CatamaranError(
    'CTM_MEMBER_IDENTITY',
    `member "${name}" is not the cluster that the fleet file pins: kube-system has UID ${uid}, and clusterId is ${clusterId}`,
  );
}
