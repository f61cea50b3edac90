/** Names, directories and addresses of the lab, derived from the numbers of clusters and nodes, which count from 1. */
import { join } from 'node:path';
import { networksOf, nodePodCIDRs } from '../controlplane/networks.ts';
import { ROOT, STATE_DIR } from '../paths.ts';

/** Default state directory of the lab. */
export const LAB_DIR: string = join(STATE_DIR, 'lab');
/** Images and their root file system, which outlive a lab. */
export const LAB_CACHE: string = join(ROOT, '.cache', 'lab');
/** Logs of a failed lab. */
export const KEPT_LOGS: string = join(STATE_DIR, 'lab-logs');
/** Parent of all control groups of the lab, in each hierarchy. */
export const CGROUP = 'catamaran-lab';

/** The network namespace with the bridge, where test drivers and the controller run. */
export const FABRIC = 'catamaran-fabric';
/** The fabric's addresses, which the nodes use for DNS outside the clusters. */
export const FABRIC_ADDRESSES: readonly [string, string] = ['192.168.0.1', 'fd00:30::1'];
/** Prefix lengths of the bridge's network, which contains all nodes. */
export const FABRIC_PREFIXES: readonly [number, number] = [16, 32];
/** The lab's network namespaces, as in `ip netns list`. */
export const NAMESPACE_PATTERN = /^catamaran-(fabric|cluster\d+-node\d+)$/;
/** More than a machine can run; the addresses would allow for more. */
export const MAX_LAB_CLUSTERS = 9;
export const MAX_NODES = 4;

export const API_PORT = 6443;

export interface ClusterLayout {
  readonly index: number;
  readonly name: string;
  readonly dir: string;
  readonly nodes: readonly NodeLayout[];
  readonly podCIDRs: readonly [string, string];
  readonly serviceCIDRs: readonly [string, string];
  readonly nodeCIDRs: readonly [string, string];
  /** https://ADDRESS:PORT, reachable only from the lab's namespaces. */
  readonly server: string;
  /** Addresses of the Service kube-dns, IPv4 first. */
  readonly dnsAddresses: readonly [string, string];
}

export interface NodeLayout {
  /** cluster1-node1 */
  readonly name: string;
  readonly number: number;
  readonly dir: string;
  readonly namespace: string;
  /** Name of the veth interface in the fabric; the kernel's limit is 15 characters. */
  readonly port: string;
  readonly addresses: readonly [string, string];
  readonly podCIDRs: readonly [string, string];
  readonly zone: string;
}

const ZONES = ['zone-a', 'zone-b', 'zone-c', 'zone-d'] as const;

export function clusterLayout(index: number, nodes: number, labDir: string): ClusterLayout {
  const { podCIDRs, serviceCIDRs } = networksOf(index);
  const name = `cluster${index}`;
  const dir = join(labDir, name);
  return {
    index,
    name,
    dir,
    nodes: Array.from({ length: nodes }, (_, i) => nodeLayout(index, i + 1, labDir)),
    podCIDRs,
    serviceCIDRs,
    nodeCIDRs: [`192.168.${index}.0/24`, `fd00:30:${index}::/64`],
    server: `https://192.168.${index}.1:${API_PORT}`,
    dnsAddresses: [serviceCIDRs[0].replace(/0\.0\/16$/, '0.10'), serviceCIDRs[1].replace(/\/108$/, 'a')],
  };
}

function nodeLayout(cluster: number, number: number, labDir: string): NodeLayout {
  const name = `cluster${cluster}-node${number}`;
  return {
    name,
    number,
    dir: join(labDir, name),
    namespace: `catamaran-${name}`,
    port: `c${cluster}n${number}`,
    addresses: [`192.168.${cluster}.${number}`, `fd00:30:${cluster}::${number}`],
    podCIDRs: nodePodCIDRs(cluster, number),
    zone: ZONES[number - 1] ?? ZONES[0],
  };
}

/** The command line to run a command in a network namespace of the lab. */
export function inNamespace(namespace: string, command: string, args: readonly string[]): [string, string[]] {
  return ['nsenter', [`--net=/run/netns/${namespace}`, command, ...args]];
}
