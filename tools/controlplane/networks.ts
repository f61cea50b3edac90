/** Address ranges of the control planes: distinct, so that a flat network could join them. */

/** The number of distinct IPv4 Service ranges in 172.16.0.0/12. */
export const MAX_CLUSTERS = 15;

/** IPv4 first, then IPv6, as in the flags of kube-apiserver. */
export interface Networks {
  readonly podCIDRs: readonly [string, string];
  readonly serviceCIDRs: readonly [string, string];
}

/** `index` counts from 1. */
export function networksOf(index: number): Networks {
  return {
    podCIDRs: [`10.${index}.0.0/16`, `fd00:10:${index}::/56`],
    serviceCIDRs: [`172.${16 + index}.0.0/16`, `fd00:20:${index}::/108`],
  };
}

/** The pod ranges of one node; `index` and `node` count from 1. */
export function nodePodCIDRs(index: number, node: number): readonly [string, string] {
  return [`10.${index}.${16 * node}.0/20`, `fd00:10:${index}:${node}::/64`];
}
