/** Which cluster a connection leads to. */
import type { Member } from './member.ts';

/** Whether two members are known to be one cluster. */
export function isSameCluster(one: Member, other: Member): boolean {
  return one.clusterId !== undefined && one.clusterId === other.clusterId;
}
