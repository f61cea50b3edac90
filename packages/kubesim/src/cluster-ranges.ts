/** Address ranges of clusters. They are distinct, so that all clusters can share one flat network. */
import type { ClusterSettings } from './machinery/cluster-settings.ts';

/** Number of clusters with distinct address ranges. */
export const MAX_CLUSTERS = 100;

/** The /16 ranges of 172.16.0.0/12 after the first. Further clusters use 10.0.0.0/8, after the pod ranges. */
const IN_172 = 15;

/**
 * Name and ranges of cluster `index`, from 1 to {@link MAX_CLUSTERS}; IPv4 first. The first 15 match
 * `tools/controlplane`.
 */
export function settingsOf(index: number): ClusterSettings {
  const services = index <= IN_172 ? `172.${16 + index}.0.0/16` : `10.${MAX_CLUSTERS + index}.0.0/16`;
  return {
    name: `cluster${index}`,
    domain: 'cluster.local',
    podCIDRs: [`10.${index}.0.0/16`, `fd00:10:${index}::/56`],
    serviceCIDRs: [services, `fd00:20:${index}::/108`],
    nodeCIDRs: [`192.168.${index}.0/24`, `fd00:30:${index}::/64`],
  };
}
