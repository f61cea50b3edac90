/** Identifies a cluster, and finds out what its API server and its Service network support. */
import type { Service } from '../api/core.ts';
import type { IPFamily, KubeObject } from '../api/meta.ts';
import { RESOURCES } from '../api/resources.ts';
import type { MemberConfig } from '../config/fleet-config.ts';
import { isForbidden, isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';

/** `clusterId` is the UID of the namespace kube-system, which identifies a cluster regardless of its name. */
export interface ClusterInfo {
  readonly clusterId: string;
  readonly ipFamilies: readonly IPFamily[];
  /** Values of `spec.trafficDistribution` that the API server accepts; absent if its version is unknown. */
  readonly trafficDistributions?: readonly string[];
}

/** The minor version of Kubernetes 1 since which a value is accepted by default (Service API, feature gates). */
const TRAFFIC_DISTRIBUTIONS = { PreferClose: 31, PreferSameZone: 34, PreferSameNode: 34 } as const;

/** The values that an API server of a version accepts. An older one drops the field, so it would be written forever. */
function trafficDistributionsOf(version: unknown): Pick<ClusterInfo, 'trafficDistributions'> {
  const text = typeof version === 'object' && version !== null && 'minor' in version ? String(version.minor) : '';
  const minor = Number.parseInt(text, 10);
  if (Number.isNaN(minor)) return {};
  const known = Object.entries(TRAFFIC_DISTRIBUTIONS).filter(([, since]) => minor >= since);
  return { trafficDistributions: known.map(([value]) => value) };
}

interface ServiceCIDR extends KubeObject {
  readonly spec: { readonly cidrs: readonly string[] };
}

function familyOf(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

function distinct(families: readonly IPFamily[]): readonly IPFamily[] {
  return [...new Set(families)];
}

/** Resolves to undefined if the API does not exist or may not be read. */
async function optional<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw error;
  }
}

/**
 * Reads the cluster's identity, the features of its version, and its Service families, the primary one first: as
 * declared in fleet.yaml, else from the ServiceCIDR `kubernetes` (networking.k8s.io/v1, Kubernetes 1.33), else from the
 * Service `default/kubernetes`.
 *
 * @throws ApiError if the API server does not respond.
 */
export async function discoverCluster(
  client: KubeClient,
  config: MemberConfig,
  signal: AbortSignal,
): Promise<ClusterInfo> {
  const [kubeSystem, version] = await Promise.all([
    client.get(RESOURCES.namespaces, { name: 'kube-system' }, { signal }),
    optional(client.raw('/version', { signal })),
  ]);
  const identity = { clusterId: kubeSystem.metadata.uid ?? '', ...trafficDistributionsOf(version) };
  return { ...identity, ipFamilies: distinct(await serviceFamilies(client, config, signal)) };
}

async function serviceFamilies(client: KubeClient, config: MemberConfig, signal: AbortSignal): Promise<IPFamily[]> {
  if (config.serviceCIDRs.length > 0) return config.serviceCIDRs.map(familyOf);
  const cidr = await optional(client.get<ServiceCIDR>(RESOURCES.serviceCIDRs, { name: 'kubernetes' }, { signal }));
  if (cidr && cidr.spec.cidrs.length > 0) return cidr.spec.cidrs.map(familyOf);
  const service = await optional(
    client.get<Service>(RESOURCES.services, { namespace: 'default', name: 'kubernetes' }, { signal }),
  );
  return (service?.spec.clusterIPs ?? ['0.0.0.0']).map(familyOf);
}
