/** The name of a member's cluster: a renamed member has a suffix. */
export function clusterOf(member: string): string {
  return member.replace(/-v\d+$/, '');
}
