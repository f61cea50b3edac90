/** Which cluster a connection leads to. */

/** What a cluster reports about itself. */
export interface ClusterIdentity {
  /** UID of the namespace kube-system. It identifies a cluster, and is often known to others. */
  readonly uid: string;
  /**
   * UID of the namespace default, which cannot be deleted either; absent if it cannot be read. It is never shown, so a
   * cluster that claims the `uid` of another one does not know it.
   */
  readonly witness?: string;
}

interface Identified {
  readonly identity: ClusterIdentity | undefined;
}

/** Whether two connections lead to one cluster. False as long as either has not been identified. */
export function isSameCluster({ identity: one }: Identified, { identity: other }: Identified): boolean {
  if (!one || one.uid !== other?.uid) return false;
  return one.witness === undefined || other.witness === undefined || one.witness === other.witness;
}
