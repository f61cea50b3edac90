/** The address ranges and names of a cluster. CIDRs are in canonical text. */
export interface ClusterSettings {
  readonly name: string;
  /** Such as `cluster.local`. */
  readonly domain: string;
  readonly podCIDRs: readonly string[];
  /** One an IP family; the first is the cluster's primary family. */
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
}
