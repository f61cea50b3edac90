/**
 * The lab: full Kubernetes clusters with running pods, on one Linux machine, as root. Each node is a network namespace
 * with containerd, kubelet and kube-proxy of its own; a bridge and routes join all nodes and pods. Nothing of it leaves
 * these namespaces: test drivers enter the namespace of the bridge, the fabric. It stays until {@link labDown}, however
 * long the process that started it lives; there is one at a time on a machine.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../../src/sandbox/state.ts';
import { findBinary } from '../controlplane/binaries.ts';
import { run } from '../controlplane/component.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import { shown } from '../paths.ts';
import { addons } from './addons.ts';
import { type Removed, removeLab, whatIsLeft } from './down.ts';
import { startDns } from './fabric.ts';
import { buildBinaries, checkHost, installPackages } from './host.ts';
import { makeImages } from './images.ts';
import {
  type ClusterLayout,
  clusterLayout,
  FABRIC,
  inNamespace,
  KEPT_LOGS,
  LAB_DIR,
  MAX_LAB_CLUSTERS,
  MAX_NODES,
} from './layout.ts';
import { makeNetwork } from './network.ts';
import { loadImages, onNode, startAgents, startContainerd, startInit } from './node.ts';
import { accessOf, filesOf, isApiServer, kubectl, startApiServer, startPlane, stopApiServer } from './plane.ts';
import { isRunning, logsOf, recordedProcesses } from './processes.ts';

/** One cluster of the lab. Its API server is reached in the lab's namespaces only. */
export interface LabCluster {
  /** cluster1, cluster2, ... */
  readonly name: string;
  /** Path of a kubeconfig with nothing outside it; its one context is named like the cluster. */
  readonly kubeconfig: string;
  readonly context: string;
  readonly server: string;
  readonly caFile: string;
  /** Bearer token of `admin`, group system:masters. */
  readonly token: string;
  /** Distinct for each cluster, IPv4 first, then IPv6. */
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
  readonly nodes: readonly LabNode[];
  /** Gives all nodes the images of an OCI layout's folder. */
  loadImages(layout: string): Promise<void>;
  /** Ends kube-apiserver only; SIGKILL where no other signal is given. */
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Starts kube-apiserver again with the same address and data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Folder with the logs of all components. */
  readonly logsDir: string;
}

/** One node of a cluster. */
export interface LabNode {
  /** cluster1-node1 */
  readonly name: string;
  /** Runs a program of this machine with the node's network, folders and processes, and gives its standard output. */
  run(command: string, args: readonly string[]): Promise<string>;
}

/** What {@link Lab.run} takes besides the command. */
export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** A lab that runs. */
export interface Lab {
  readonly clusters: readonly LabCluster[];
  /** Path of a kubeconfig of all clusters; contexts are named like them. */
  readonly kubeconfig: string;
  /** Starts a process in the fabric's network: it reaches API servers, nodes and pods, and nothing else. */
  inFabric(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs a program there and gives its standard output. Throws an Error with its standard error where it fails. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** As {@link labDown}. */
  down(): Promise<void>;
}

/** How a lab is started. */
export interface LabOptions {
  /** 1 to 9. */
  readonly clusters: number;
  /** How many nodes each cluster has, in zones zone-a, zone-b, ...; 1 where left out. `[2]`: two in cluster1. */
  readonly nodes?: readonly number[];
  /** Folder of its state; `.catamaran/lab` of this repository where left out. */
  readonly dir?: string;
  readonly onProgress?: (line: string) => void;
  /** Aborts the start; what runs already is removed. */
  readonly signal?: AbortSignal;
}

const NODE_TIMEOUT_S = 120;

/**
 * Gives the lab that runs, or starts one. Needs root; installs and builds what is missing. Throws an Error where that
 * fails, with the last lines of the log of the component that did; all logs are in `.catamaran/lab-logs` then.
 */
export async function labUp(options: LabOptions): Promise<Lab> {
  const { dir = LAB_DIR, onProgress: say = () => undefined, signal } = options;
  checkHost();
  const wanted = layoutsOf(options.clusters, options.nodes, dir);
  const running = await attach(wanted, options.nodes !== undefined, dir);
  if (running) return running;
  await installPackages(say, signal);
  await buildBinaries(say, signal);
  const images = await makeImages(say, signal);
  const left = whatIsLeft(dir);
  if (left.length > 0) {
    if (!existsSync(dir)) {
      throw new Error('there is a lab already, whose state is in another folder or gone: `make lab-down` removes it');
    }
    say('removing what an earlier lab left');
    await removeLab(dir);
  }
  try {
    mkdirSync(logsOf(dir), { recursive: true });
    claim(dir);
    await start(wanted, images, dir, say, signal);
    return labOf(wanted, dir);
  } catch (error) {
    say(`removing what was started; logs are in ${keepLogs(dir)}`);
    await removeLab(dir);
    throw error;
  }
}

/** Whether a lab is there, complete. */
export function isLabUp(dir: string = LAB_DIR): boolean {
  return (
    existsSync(stateOf(dir)) && recordedProcesses(dir).every((process) => isRunning(process) || isApiServer(process))
  );
}

/** Removes the lab, also one that a crash left. Gives what was there. */
export async function labDown(dir: string = LAB_DIR): Promise<Removed> {
  checkHost();
  return await removeLab(dir);
}

/** Copies the logs of components and pods to `.catamaran/lab-logs`, instead of those there, and gives that path. */
export function keepLogs(dir: string = LAB_DIR): string {
  rmSync(KEPT_LOGS, { recursive: true, force: true });
  if (existsSync(logsOf(dir))) cpSync(logsOf(dir), KEPT_LOGS, { recursive: true });
  for (const entry of existsSync(dir) ? readdirSync(dir) : []) {
    const pods = join(dir, entry, 'var', 'log', 'pods');
    if (existsSync(pods)) cpSync(pods, join(KEPT_LOGS, 'pods', entry), { recursive: true });
  }
  return shown(KEPT_LOGS);
}

function layoutsOf(clusters: number, nodes: readonly number[] = [], dir: string): readonly ClusterLayout[] {
  const isCount = (count: number, max: number): boolean => Number.isInteger(count) && count >= 1 && count <= max;
  if (!isCount(clusters, MAX_LAB_CLUSTERS)) throw new Error(`a lab has 1 to ${MAX_LAB_CLUSTERS} clusters`);
  if (!nodes.every((count) => isCount(count, MAX_NODES))) throw new Error(`a cluster has 1 to ${MAX_NODES} nodes`);
  return Array.from({ length: clusters }, (_, i) => clusterLayout(i + 1, nodes[i] ?? 1, dir));
}

async function start(
  clusters: readonly ClusterLayout[],
  images: string,
  dir: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  await makeNetwork(clusters, signal);
  await startDns(dir);
  const each = <T>(work: (cluster: ClusterLayout) => Promise<T>): Promise<T[]> => Promise.all(clusters.map(work));
  await each(async (cluster) => {
    for (const node of cluster.nodes) await startInit(dir, cluster, node);
  });
  say('namespaces, cables and routes');
  await Promise.all([
    each((cluster) => startPlane(dir, cluster, signal)),
    each((cluster) => Promise.all(cluster.nodes.map((node) => startContainerd(dir, node, images, signal)))),
  ]);
  say('API servers, controllers, schedulers; containerd with images');
  await each(async (cluster) => {
    await Promise.all(cluster.nodes.map((node) => startAgents(dir, cluster, node)));
    await kubectl(cluster, ['apply', '-f', '-'], { input: JSON.stringify(addons(cluster)), signal });
  });
  const wait = [`--timeout=${NODE_TIMEOUT_S}s`];
  await each((cluster) => kubectl(cluster, ['wait', '--for=condition=Ready', 'nodes', '--all', ...wait], { signal }));
  say('nodes are ready');
  const dns = ['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns'];
  await each((cluster) => kubectl(cluster, [...dns, ...wait], { signal }));
  say('CoreDNS answers');
  writeFileSync(mergedKubeconfig(dir), kubeconfig(clusters.map(accessOf)), { mode: 0o600 });
  writeFileSync(join(dir, 'kubectl'), wrapper(dir), { mode: 0o755 });
  writeFileSync(stateOf(dir), JSON.stringify({ nodes: clusters.map((cluster) => cluster.nodes.length) }));
}

function mergedKubeconfig(dir: string): string {
  return join(dir, 'kubeconfig');
}

/** Written when a lab is complete. */
function stateOf(dir: string): string {
  return join(dir, 'lab.json');
}

/** kubectl for a user: in the fabric, with all clusters. */
function wrapper(dir: string): string {
  const [command, args] = inNamespace(FABRIC, findBinary('kubectl'), []);
  const words = [command, ...args].map((word) => `'${word}'`).join(' ');
  return `#!/bin/sh\nKUBECONFIG='${mergedKubeconfig(dir)}' exec ${words} "$@"\n`;
}

/** Says that this process starts a lab. Throws an Error where another one does. */
function claim(dir: string): void {
  const owner = { pid: process.pid, identity: processIdentity(process.pid) };
  writeFileSync(join(dir, 'starter.json'), JSON.stringify(owner), { flag: 'wx' });
}

/** Whether a process that has not come to an end is starting the lab. */
function starterOf(dir: string): number | undefined {
  try {
    // Written by claim alone.
    const { pid, identity } = JSON.parse(readFileSync(join(dir, 'starter.json'), 'utf8')) as {
      pid: number;
      identity: string;
    };
    return pid !== process.pid && processIdentity(pid) === identity ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The lab that runs, where it has the clusters that are wanted; undefined where there is none, or it is broken. */
async function attach(wanted: readonly ClusterLayout[], sameNodes: boolean, dir: string): Promise<Lab | undefined> {
  if (!existsSync(stateOf(dir))) {
    const starter = starterOf(dir);
    if (starter !== undefined) throw new Error(`process ${starter} is starting a lab`);
    return undefined;
  }
  // Written by start alone.
  const { nodes } = JSON.parse(readFileSync(stateOf(dir), 'utf8')) as { nodes: readonly number[] };
  if (!isLabUp(dir)) return undefined;
  const enough = wanted.every(({ index, nodes: { length } }) => {
    const count = nodes[index - 1];
    return count !== undefined && (!sameNodes || count === length);
  });
  if (!enough) {
    throw new Error(`a lab runs with ${nodes.join(', ')} nodes in its clusters: \`make lab-down\` before another one`);
  }
  const clusters = layoutsOf(wanted.length, nodes, dir);
  // A test that was killed may have left one stopped.
  await Promise.all(clusters.map((cluster) => startApiServer(dir, cluster)));
  return labOf(clusters, dir);
}

function labOf(clusters: readonly ClusterLayout[], dir: string): Lab {
  return {
    clusters: clusters.map((cluster) => clusterOf(cluster, dir)),
    kubeconfig: mergedKubeconfig(dir),
    inFabric: (command, args, options = {}) => spawn(...inNamespace(FABRIC, command, args), options),
    run: (command, args, options = {}) => run(...inNamespace(FABRIC, command, args), options),
    async down() {
      await removeLab(dir);
    },
  };
}

function clusterOf(cluster: ClusterLayout, dir: string): LabCluster {
  const { name, server, podCIDRs, serviceCIDRs, nodeCIDRs } = cluster;
  const files = filesOf(cluster);
  return {
    name,
    context: name,
    server,
    podCIDRs,
    serviceCIDRs,
    nodeCIDRs,
    nodes: cluster.nodes.map((node) => ({
      name: node.name,
      run: (command, args) => run(...onNode(node, command, args)),
    })),
    async loadImages(layout) {
      for (const node of cluster.nodes) await loadImages(node, layout);
    },
    kubeconfig: files.kubeconfig,
    caFile: files.caFile,
    token: readFileSync(files.token, 'utf8'),
    logsDir: logsOf(dir),
    stopApiServer: (signal) => stopApiServer(dir, cluster, signal),
    startApiServer: () => startApiServer(dir, cluster),
  };
}
