/** Names and address ranges of a cluster. CIDRs are in canonical form. */
export interface ClusterSettings {
  readonly name: string;
  /** Such as `cluster.local`. */
  readonly domain: string;
  readonly podCIDRs: readonly string[];
  /** One per IP family, the cluster's primary family first. */
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
}
