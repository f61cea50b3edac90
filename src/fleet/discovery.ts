/** Identifies a cluster, and finds out what its API server and its Service network support. */

import { isJsonObject, type Json, metadataOf } from '../api/json.ts';
import type { IPFamily } from '../api/meta.ts';
import { RESOURCES } from '../api/resources.ts';
import type { KubeClient, RawObject } from '../kube/client/client.ts';
import { readable } from '../kube/client/readable.ts';
import { isSupported, OLDEST_MINOR, type ServerVersion, serverVersionIn } from '../kube/server-version.ts';
import { CatamaranError } from '../runtime/errors.ts';
import type { ClusterIdentity } from './same-cluster.ts';

/** What is read of a cluster when it is connected. */
export interface ClusterInfo {
  readonly identity: ClusterIdentity;
  readonly ipFamilies: readonly IPFamily[];
  /** Absent if the API server does not tell. */
  readonly version?: ServerVersion;
}

function familyOf(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** The families of networks or addresses, in order. */
export function familiesOf(networks: readonly string[]): readonly IPFamily[] {
  return [...new Set(networks.map(familyOf))];
}

/**
 * Reads the cluster's identity, its version, and its Service families, the primary one first:
 * from the ServiceCIDR `kubernetes` (networking.k8s.io/v1, Kubernetes 1.33), else from the Service `default/kubernetes`.
 *
 * @throws ApiError if the API server does not respond; CTM_MEMBER_IDENTITY if kube-system has no usable UID;
 * CTM_MEMBER_VERSION if the version is too old.
 */
export async function discoverCluster(client: KubeClient, signal: AbortSignal): Promise<ClusterInfo> {
  const [kubeSystem, fallback, answer] = await Promise.all([
    client.get(RESOURCES.namespaces, { name: 'kube-system' }, { signal }),
    readable(client.get(RESOURCES.namespaces, { name: 'default' }, { signal })),
    readable(client.raw('/version', { signal })),
  ]);
  const version = serverVersionIn(answer);
  if (version && !isSupported(version)) throw tooOld(version, client.cluster);
  const uid = uidIn(kubeSystem);
  if (uid === undefined) throw unidentified(kubeSystem, client.cluster);
  const witness = fallback && uidIn(fallback);
  const identity = { uid, ...(witness !== undefined && { witness }) };
  return {
    identity,
    ...(version && { version }),
    ipFamilies: familiesOf(await serviceNetworks(client, signal)),
  };
}

/** A UID is a UUID in practice, but the API leaves its form open. */
function uidIn(object: RawObject): string | undefined {
  const uid = metadataOf(object)?.uid;
  return typeof uid === 'string' && /^[\w.-]{1,128}$/.test(uid) ? uid : undefined;
}

function unidentified(kubeSystem: RawObject, cluster: string): CatamaranError {
  const uid = metadataOf(kubeSystem)?.uid;
  const problem = uid === undefined ? 'has no UID' : `has the UID ${JSON.stringify(uid).slice(0, 64)}`;
  return new CatamaranError(
    'CTM_MEMBER_IDENTITY',
    `cluster ${cluster}: the namespace kube-system ${problem}, which does not identify a cluster`,
  );
}

function tooOld({ release }: ServerVersion, cluster: string): CatamaranError {
  const message = `cluster ${cluster} runs Kubernetes ${release}; supported: 1.${OLDEST_MINOR} or later`;
  return new CatamaranError('CTM_MEMBER_VERSION', message);
}

async function serviceNetworks(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const cidr = await readable(client.get(RESOURCES.serviceCIDRs, { name: 'kubernetes' }, { signal }));
  const networks = textsIn(cidr?.spec, 'cidrs');
  if (networks.length > 0) return networks;
  const name = { namespace: 'default', name: 'kubernetes' };
  const service = await readable(client.get(RESOURCES.services, name, { signal }));
  const addresses = textsIn(service?.spec, 'clusterIPs');
  return addresses.length > 0 ? addresses : ['0.0.0.0'];
}

/** The texts of a list; empty if the API server sends anything else. */
function textsIn(spec: Json | undefined, field: string): readonly string[] {
  const list = isJsonObject(spec) ? spec[field] : undefined;
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
