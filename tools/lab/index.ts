/**
 * The lab: full Kubernetes clusters with running pods, on one Linux machine, as root. Each node is a network namespace
 * with its own containerd, kubelet and kube-proxy; a bridge and routes connect all nodes and pods. All traffic stays in
 * these namespaces: test drivers enter the namespace of the bridge, the fabric. A lab outlives the process that started
 * it, until {@link labDown}. Only one can run on a machine.
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
import { leftovers, type Removed, removeLab } from './down.ts';
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

/** The API server is reachable only from the lab's namespaces. */
export interface LabCluster {
  /** cluster1, cluster2, ... */
  readonly name: string;
  /** Path of a self-contained kubeconfig, whose only context has the name of the cluster. */
  readonly kubeconfig: string;
  readonly context: string;
  readonly server: string;
  readonly caFile: string;
  /** Bearer token of `admin`, group system:masters. */
  readonly token: string;
  /** Distinct per cluster; IPv4 first, then IPv6. */
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
  readonly nodes: readonly LabNode[];
  /** Loads the images of an OCI layout directory on all nodes. */
  loadImages(layout: string): Promise<void>;
  /** Stops kube-apiserver only. Default signal: SIGKILL. */
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Restarts kube-apiserver with the same address and data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Directory with the logs of all components. */
  readonly logsDir: string;
}

export interface LabNode {
  /** cluster1-node1 */
  readonly name: string;
  /** Runs a program of this machine in the namespaces of the node, and returns its standard output. */
  run(command: string, args: readonly string[]): Promise<string>;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface Lab {
  readonly clusters: readonly LabCluster[];
  /** Path of a kubeconfig of all clusters; contexts have the names of the clusters. */
  readonly kubeconfig: string;
  /** Starts a process in the fabric's network, which reaches only API servers, nodes and pods. */
  inFabric(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs a program there and returns its standard output. @throws an Error with its standard error if it fails. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** See {@link labDown}. */
  down(): Promise<void>;
}

export interface LabOptions {
  /** 1 to 9. */
  readonly clusters: number;
  /** Number of nodes per cluster, in zones zone-a, zone-b, ... Default: 1. `[2]` is two in cluster1. */
  readonly nodes?: readonly number[];
  /** State directory. Default: `.catamaran/lab` of this repository. */
  readonly dir?: string;
  readonly onProgress?: (line: string) => void;
  /** Aborts the start and removes what is already running. */
  readonly signal?: AbortSignal;
}

const NODE_TIMEOUT_S = 120;

/**
 * Returns the running lab, or starts one. Requires root; installs and builds what is missing.
 * @throws an Error with the last lines of the failed component's log; all logs are then in `.catamaran/lab-logs`.
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
  const left = leftovers(dir);
  if (left.length > 0) {
    if (!existsSync(dir)) {
      throw new Error(
        'a lab already exists, whose state is missing or in another directory; remove it with `make lab-down`',
      );
    }
    say('removing leftovers of an earlier lab');
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

/** Whether a complete lab is running. */
export function isLabUp(dir: string = LAB_DIR): boolean {
  return (
    existsSync(stateOf(dir)) && recordedProcesses(dir).every((process) => isRunning(process) || isApiServer(process))
  );
}

/** Removes the lab, even after a crash. */
export async function labDown(dir: string = LAB_DIR): Promise<Removed> {
  checkHost();
  return await removeLab(dir);
}

/** Copies the logs of components and pods to `.catamaran/lab-logs`, replacing earlier ones, and returns that path. */
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
  if (!isCount(clusters, MAX_LAB_CLUSTERS))
    throw new Error(`the number of clusters must be from 1 to ${MAX_LAB_CLUSTERS}`);
  if (!nodes.every((count) => isCount(count, MAX_NODES)))
    throw new Error(`the number of nodes per cluster must be from 1 to ${MAX_NODES}`);
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
  say('CoreDNS is ready');
  writeFileSync(mergedKubeconfig(dir), kubeconfig(clusters.map(accessOf)), { mode: 0o600 });
  writeFileSync(join(dir, 'kubectl'), wrapper(dir), { mode: 0o755 });
  writeFileSync(stateOf(dir), JSON.stringify({ nodes: clusters.map((cluster) => cluster.nodes.length) }));
}

function mergedKubeconfig(dir: string): string {
  return join(dir, 'kubeconfig');
}

/** Exists once a lab is complete. */
function stateOf(dir: string): string {
  return join(dir, 'lab.json');
}

/** A kubectl for users: in the fabric, with all clusters. */
function wrapper(dir: string): string {
  const [command, args] = inNamespace(FABRIC, findBinary('kubectl'), []);
  const words = [command, ...args].map((word) => `'${word}'`).join(' ');
  return `#!/bin/sh\nKUBECONFIG='${mergedKubeconfig(dir)}' exec ${words} "$@"\n`;
}

/** Records that this process starts a lab. @throws EEXIST if another one does. */
function claim(dir: string): void {
  const owner = { pid: process.pid, identity: processIdentity(process.pid) };
  writeFileSync(join(dir, 'starter.json'), JSON.stringify(owner), { flag: 'wx' });
}

/** The pid of another process that is starting the lab. */
function starterOf(dir: string): number | undefined {
  try {
    // Written only by claim.
    const { pid, identity } = JSON.parse(readFileSync(join(dir, 'starter.json'), 'utf8')) as {
      pid: number;
      identity: string;
    };
    return pid !== process.pid && processIdentity(pid) === identity ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The running lab, if it has the requested clusters; undefined if there is none, or if it is broken. */
async function attach(wanted: readonly ClusterLayout[], sameNodes: boolean, dir: string): Promise<Lab | undefined> {
  if (!existsSync(stateOf(dir))) {
    const starter = starterOf(dir);
    if (starter !== undefined) throw new Error(`process ${starter} is starting a lab`);
    return undefined;
  }
  // Written only by start.
  const { nodes } = JSON.parse(readFileSync(stateOf(dir), 'utf8')) as { nodes: readonly number[] };
  if (!isLabUp(dir)) return undefined;
  const enough = wanted.every(({ index, nodes: { length } }) => {
    const count = nodes[index - 1];
    return count !== undefined && (!sameNodes || count === length);
  });
  if (!enough) {
    throw new Error(
      `a lab with ${nodes.join(', ')} nodes in its clusters is running; remove it with \`make lab-down\` first`,
    );
  }
  const clusters = layoutsOf(wanted.length, nodes, dir);
  // A killed test may have left an API server stopped.
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
