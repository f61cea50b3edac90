/** The lab's network: a namespace per node, one with the bridge between them, and routes to all pods. */
import { run } from '../controlplane/component.ts';
import { type ClusterLayout, FABRIC, FABRIC_ADDRESSES, FABRIC_PREFIXES, type NodeLayout } from './layout.ts';

const FAMILIES = [0, 1] as const;

/** Creates namespaces, veth pairs, addresses and routes. */
export async function makeNetwork(clusters: readonly ClusterLayout[], signal?: AbortSignal): Promise<void> {
  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  for (const namespace of [FABRIC, ...nodes.map((node) => node.namespace)]) {
    await ip(signal, ['netns add', namespace].join(' '));
    await ip(signal, `-n ${namespace} link set lo up`);
    await run('nsenter', [`--net=/run/netns/${namespace}`, 'sh', '-c', SETTINGS], { ...(signal ? { signal } : {}) });
  }
  await ip(signal, `-n ${FABRIC} link add br0 type bridge`);
  for (const family of FAMILIES) {
    const address = `${FABRIC_ADDRESSES[family]}/${FABRIC_PREFIXES[family]}`;
    await ip(signal, `-n ${FABRIC} address add ${address} dev br0${family === 1 ? ' nodad' : ''}`);
  }
  await ip(signal, `-n ${FABRIC} link set br0 up`);
  for (const node of nodes) await connect(node, signal);
  for (const namespace of [FABRIC, ...nodes.map((node) => node.namespace)]) {
    for (const node of nodes.filter((one) => one.namespace !== namespace)) {
      for (const family of FAMILIES) {
        await ip(signal, `-n ${namespace} route add ${node.podCIDRs[family]} via ${node.addresses[family]}`);
      }
    }
  }
}

// Nodes forward for their pods. The addresses are unique, so duplicate address detection is not needed.
const SETTINGS = `
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad`;

async function connect(node: NodeLayout, signal?: AbortSignal): Promise<void> {
  await ip(signal, `-n ${FABRIC} link add ${node.port} type veth peer name eth0 netns ${node.namespace}`);
  await ip(signal, `-n ${FABRIC} link set ${node.port} master br0 up`);
  for (const family of FAMILIES) {
    const address = `${node.addresses[family]}/${FABRIC_PREFIXES[family]}`;
    await ip(signal, `-n ${node.namespace} address add ${address} dev eth0${family === 1 ? ' nodad' : ''}`);
  }
  await ip(signal, `-n ${node.namespace} link set eth0 up`);
}

/** `words` is separated by spaces. */
async function ip(signal: AbortSignal | undefined, words: string): Promise<void> {
  await run('ip', words.split(' '), { ...(signal ? { signal } : {}) });
}
