/** Clients: a pod of a cluster, or the cluster's proxy acting as one. */
import type { IPFamily } from '../machinery/well-known.ts';
import { familyOf } from '../workloads/address-ranges.ts';
import type { Pod, PodSpec } from '../workloads/kinds.ts';
import { clientAddresses, ZONE } from '../workloads/nodes.ts';
import type { ClientName } from './network.ts';
import type { ClusterView } from './view.ts';

/** Name resolution settings of a client. Source: resolv.conf(5). */
export interface Resolving {
  readonly searches: readonly string[];
  readonly ndots: number;
}

export interface Client {
  readonly view: ClusterView;
  readonly namespace: string;
  readonly resolving: Resolving;
  readonly addresses: readonly string[];
  readonly node: string;
  readonly zone: string | undefined;
}

const NDOTS = 5;

/**
 * The resolv.conf that the kubelet writes for a pod. Source: Kubernetes documentation, "DNS for Services and Pods",
 * Pod's DNS Config.
 */
function resolvingOf(namespace: string, domain: string, spec: PodSpec | undefined): Resolving {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork = false } = spec ?? {};
  const clusterFirst = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  const own = clusterFirst ? [`${namespace}.svc.${domain}`, `svc.${domain}`, domain] : [];
  const ndots = dnsConfig?.options?.find(({ name }) => name === 'ndots')?.value;
  return {
    searches: [...new Set([...own, ...(dnsConfig?.searches ?? [])])],
    ndots: ndots === undefined ? (clusterFirst ? NDOTS : 1) : Number(ndots),
  };
}

function clientOf(view: ClusterView, namespace: string, pod: Pod | undefined): Client {
  const node = pod?.spec.nodeName ?? `${view.name}-node1`;
  return {
    view,
    namespace,
    resolving: resolvingOf(namespace, view.settings.domain, pod?.spec),
    addresses: pod?.status?.podIPs?.map(({ ip }) => ip) ?? clientAddresses(view.settings),
    node,
    zone: view.node(node)?.metadata.labels?.[ZONE],
  };
}

/** Finds a client; undefined if the namespace does not exist, or the pod is not running. */
export function findClient(view: ClusterView, { namespace = 'default', pod }: ClientName): Client | undefined {
  if (!view.objects.get('/namespaces', undefined, namespace)) return undefined;
  if (pod === undefined) return clientOf(view, namespace, undefined);
  const found = view.objects.get('/pods', namespace, pod);
  return found?.status?.phase === 'Running' ? clientOf(view, namespace, found) : undefined;
}

/** A client's address in an IP family; undefined if it has none. */
export function addressFor({ addresses }: Client, family: IPFamily): string | undefined {
  return addresses.find((address) => familyOf(address) === family);
}
