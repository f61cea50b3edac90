/** A node: PID, mount and network namespaces with containerd, kubelet and kube-proxy. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../controlplane/binaries.ts';
import { run } from '../controlplane/component.ts';
import { ROOT } from '../paths.ts';
import { cgroupOf, makeCgroup } from './cgroups.ts';
import { PAUSE_IMAGE } from './images.ts';
import type { ClusterLayout, NodeLayout } from './layout.ts';
import { type LabProcess, startProcess, untilReady } from './processes.ts';

const BOOT_TIMEOUT_MS = 120_000;

/**
 * Runs before a node's init process, in new mount and PID namespaces. Each node has its own directories for the output
 * of components, so that they can use their usual paths without touching the host. The repository keeps its path, even
 * below one of these directories. Mounts end with the last process. kubelet requires kernel settings that apply to the
 * whole host, so it sees files with these values instead.
 */
const ENTER = `
set -e
read -r pid _ < /proc/self/stat
mount --make-rshared /
mount --rbind "$2" /mnt
for folder in run tmp var/lib var/log; do
  mkdir -p "$1/$folder"
  mount --bind "$1/$folder" "/$folder"
done
mkdir -p "$2" /tmp/hostpath_pv /run/lock
mount --rbind /mnt "$2"
mount --bind "$3" /tmp/hostpath_pv
mount -t proc proc /proc
pretend() {
  file="/run/sys-$(echo "$1" | tr / -)"
  echo "$2" > "$file"
  mount --bind "$file" "/proc/sys/$1"
}
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000
echo "$pid" > "$1/init.pid"
exec "$4"`;

/** Starts a node's init process, which owns its namespaces: when it exits, the kernel kills all others of the node. */
export async function startInit(labDir: string, cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  const volumes = volumesOf(cluster);
  mkdirSync(node.dir, { recursive: true });
  mkdirSync(volumes, { recursive: true });
  const unshare = ['unshare', '--mount', '--propagation=private', '--pid', '--fork', '--kill-child'];
  const script = ['sh', '-c', ENTER, 'enter', node.dir, ROOT, volumes, findBinary('pause')];
  const init = await startProcess(labDir, `${node.name}.init`, [
    'nsenter',
    [`--net=/run/netns/${node.namespace}`, ...unshare, ...script],
  ]);
  await untilReady(init, async () => existsSync(join(node.dir, 'init.pid')), { timeoutMs: BOOT_TIMEOUT_MS });
}

/** Volumes of a cluster: a directory on the host, shared by all of its nodes. */
export function volumesOf(cluster: ClusterLayout): string {
  return join(cluster.dir, 'volumes');
}

/** The command line to run a command as a process of a node, which is killed with the node. */
export function onNode(node: NodeLayout, command: string, args: readonly string[]): [string, string[]] {
  return ['nsenter', [`--target=${initOf(node)}`, '--net', '--mount', '--pid', command, ...args]];
}

/** The command line to run a command as a process of the host, with a node's network and mounts. */
export function inMountNamespace(node: NodeLayout, command: string, args: readonly string[]): [string, string[]] {
  return ['nsenter', [`--target=${initOf(node)}`, '--net', '--mount', command, ...args]];
}

function initOf(node: NodeLayout): string {
  return readFileSync(join(node.dir, 'init.pid'), 'utf8').trim();
}

/** Starts containerd and loads the images of an OCI layout directory. */
export async function startContainerd(
  labDir: string,
  node: NodeLayout,
  images: string,
  signal?: AbortSignal,
): Promise<void> {
  const configFile = join(node.dir, 'containerd.toml');
  const cni = join(node.dir, 'cni');
  mkdirSync(cni, { recursive: true });
  writeFileSync(configFile, containerdConfig(cni));
  writeFileSync(join(cni, '10-catamaran.conflist'), JSON.stringify(cniConfig(node)));
  const command = onNode(node, 'containerd', [`--config=${configFile}`]);
  const containerd = await startProcess(labDir, `${node.name}.containerd`, command);
  const isUp = (): Promise<boolean> =>
    run(...onNode(node, 'ctr', ['version']), { ...(signal ? { signal } : {}) }).then(
      () => true,
      () => false,
    );
  await untilReady(containerd, isUp, { timeoutMs: BOOT_TIMEOUT_MS, signal });
  await loadImages(node, images, signal);
}

/** Loads the images of an OCI layout directory into a node's containerd, replacing those of the same names. */
export async function loadImages(node: NodeLayout, layout: string, signal?: AbortSignal): Promise<void> {
  const [command, args] = onNode(node, 'ctr', ['--namespace=k8s.io', 'images', 'import', '-']);
  const load = ['-c', 'tar -C "$1" -cf - . | { shift; "$@"; }', 'load', layout, command, ...args];
  await run('sh', load, { ...(signal ? { signal } : {}) });
}

/** Starts kubelet and kube-proxy. Readiness of the node is reported by the API server. */
export async function startAgents(
  labDir: string,
  cluster: ClusterLayout,
  node: NodeLayout,
): Promise<readonly LabProcess[]> {
  const file = (name: string): string => join(node.dir, name);
  makeCgroup(node.name);
  writeFileSync(file('resolv.conf'), readFileSync(join(labDir, 'resolv.conf')));
  writeFileSync(file('kubelet.json'), JSON.stringify(kubeletConfig(cluster, node, file('resolv.conf'))));
  writeFileSync(file('kube-proxy.json'), JSON.stringify(proxyConfig(cluster, node, file('kube-proxy.kubeconfig'))));
  const kubelet = [
    `--config=${file('kubelet.json')}`,
    `--kubeconfig=${file('kubelet.kubeconfig')}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.addresses.join(',')}`,
  ];
  return await Promise.all([
    startProcess(labDir, `${node.name}.kubelet`, onNode(node, findBinary('kubelet'), kubelet)),
    startProcess(
      labDir,
      `${node.name}.kube-proxy`,
      onNode(node, findBinary('kube-proxy'), [`--config=${file('kube-proxy.json')}`]),
    ),
  ]);
}

/** The Node object, whose status kubelet sets. */
export function nodeObject(node: NodeLayout): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'region-1',
        'topology.kubernetes.io/zone': node.zone,
      },
    },
    spec: { podCIDR: node.podCIDRs[0], podCIDRs: node.podCIDRs },
  };
}

function containerdConfig(cni: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE, no process can lower its OOM score, and no pod sandbox would start.
  restrict_oom_score_adj = true
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cni}"
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

// Not a bridge, which would require br_netfilter for a pod that reaches itself through a Service.
function cniConfig(node: NodeLayout): object {
  return {
    cniVersion: '1.0.0',
    name: 'catamaran',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          ranges: node.podCIDRs.map((subnet) => [{ subnet }]),
          routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
        },
      },
    ],
  };
}

function kubeletConfig(cluster: ClusterLayout, node: NodeLayout, resolvConf: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: node.addresses[0],
    // Reachable only from the lab's namespaces.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    clusterDNS: [cluster.dnsAddresses[0]],
    clusterDomain: 'cluster.local',
    resolvConf,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroupOf(node.name),
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
    // A removed image could not be pulled again, and nodes must not react to a full disk of the host.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'imagefs.available': '0%',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'memory.available': '0%',
    },
    // A changed ConfigMap must reach its pods soon.
    syncFrequency: '10s',
    serializeImagePulls: false,
    nodeStatusUpdateFrequency: '5s',
    healthzPort: 0,
  };
}

function proxyConfig(cluster: ClusterLayout, node: NodeLayout, kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    hostnameOverride: node.name,
    clientConnection: { kubeconfig },
    clusterCIDR: cluster.podCIDRs.join(','),
    // Connection limits apply to the whole machine, so they are not changed.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    oomScoreAdj: 0,
  };
}
