/** A cluster's control plane on its first node: etcd, kube-apiserver, kube-controller-manager and kube-scheduler. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCA } from '../controlplane/api.ts';
import { findBinary } from '../controlplane/binaries.ts';
import { run } from '../controlplane/component.ts';
import { etcdArgs } from '../controlplane/flags.ts';
import { type ClusterAccess, kubeconfig } from '../controlplane/kubeconfig.ts';
import { newServiceAccountKey } from '../controlplane/plane.ts';
import { API_PORT, type ClusterLayout, FABRIC, inNamespace, type NodeLayout } from './layout.ts';
import { inMountNamespace, nodeObject } from './node.ts';
import { endProcess, isRunning, type LabProcess, recordedProcesses, startProcess, untilReady } from './processes.ts';

const BOOT_TIMEOUT_MS = 120_000;
const ETCD_PORT = 2379;

/** Files of a cluster, all in its directory. */
export interface ClusterFiles {
  readonly dir: string;
  readonly caFile: string;
  readonly kubeconfig: string;
  /** Bearer token of `admin`. */
  readonly token: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  kubeconfigOf(component: string): string;
}

export function filesOf({ dir }: Pick<ClusterLayout, 'dir'>): ClusterFiles {
  return {
    dir,
    caFile: join(dir, 'ca.crt'),
    kubeconfig: join(dir, 'kubeconfig'),
    token: join(dir, 'token'),
    tokens: join(dir, 'tokens.csv'),
    serviceAccountKey: join(dir, 'service-account.key'),
    kubeconfigOf: (component) => join(dir, `${component}.kubeconfig`),
  };
}

export interface KubectlOptions {
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Runs kubectl on one cluster, in the fabric. @throws an Error with its standard error if it fails. */
export async function kubectl(
  cluster: ClusterLayout,
  args: readonly string[],
  { input, signal }: KubectlOptions = {},
): Promise<string> {
  const flags = ['--kubeconfig', filesOf(cluster).kubeconfig, ...args];
  const [command, all] = inNamespace(FABRIC, findBinary('kubectl'), flags);
  return await run(command, all, { ...(input === undefined ? {} : { input }), ...(signal ? { signal } : {}) });
}

/** Admin access to a running cluster. */
export function accessOf(cluster: ClusterLayout): ClusterAccess {
  const files = filesOf(cluster);
  return {
    name: cluster.name,
    server: cluster.server,
    ca: readFileSync(files.caFile),
    token: readFileSync(files.token, 'utf8'),
  };
}

/** Starts the control plane. The namespaces of its first node must exist. */
export async function startPlane(labDir: string, cluster: ClusterLayout, signal?: AbortSignal): Promise<void> {
  const files = filesOf(cluster);
  const first = firstNode(cluster);
  mkdirSync(files.dir, { recursive: true });
  const users = newUsers(cluster, files);
  const rows = users.map(({ name, groups, token }) => `${token},${name},${name},"${groups.join(',')}"`);
  writeFileSync(files.tokens, rows.join('\n'), { mode: 0o600 });
  writeFileSync(files.serviceAccountKey, newServiceAccountKey(), { mode: 0o600 });

  const etcd = inNamespace(first.namespace, findBinary('etcd'), etcdArgs(files, ETCD_PORT, cluster.name));
  await startProcess(labDir, `${cluster.name}.etcd`, etcd);
  const apiServer = await launchApiServer(labDir, cluster);
  const hasCA = async (): Promise<boolean> => (await writeCA(files)) !== undefined;
  await untilReady(apiServer, hasCA, { timeoutMs: BOOT_TIMEOUT_MS, signal });
  const ca = readFileSync(files.caFile);
  for (const { kubeconfigs, token } of users) {
    for (const path of kubeconfigs) {
      writeFileSync(path, kubeconfig([{ name: cluster.name, server: cluster.server, ca, token }]), { mode: 0o600 });
    }
  }
  await untilReady(apiServer, () => isServing(cluster, signal), { timeoutMs: BOOT_TIMEOUT_MS, signal });

  const manager = inMountNamespace(first, findBinary('kube-controller-manager'), controllerManagerArgs(files));
  const scheduler = inNamespace(first.namespace, findBinary('kube-scheduler'), schedulerArgs(files));
  await startProcess(labDir, `${cluster.name}.kube-controller-manager`, manager);
  await startProcess(labDir, `${cluster.name}.kube-scheduler`, scheduler);
  const nodes = { apiVersion: 'v1', kind: 'List', items: cluster.nodes.map(nodeObject) };
  await kubectl(cluster, ['create', '-f', '-'], { input: JSON.stringify(nodes), signal });
}

/** API servers may be stopped temporarily. */
export function isApiServer({ name }: LabProcess): boolean {
  return name.endsWith('.kube-apiserver');
}

export async function stopApiServer(
  labDir: string,
  cluster: ClusterLayout,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> {
  const running = apiServerOf(labDir, cluster);
  if (running) await endProcess(running, signal, 5_000);
}

/** Restarts a stopped API server, and waits until it is ready. */
export async function startApiServer(labDir: string, cluster: ClusterLayout): Promise<void> {
  if (apiServerOf(labDir, cluster)) return;
  const apiServer = await launchApiServer(labDir, cluster);
  await untilReady(apiServer, () => isServing(cluster), { timeoutMs: BOOT_TIMEOUT_MS });
}

function apiServerOf(labDir: string, cluster: ClusterLayout): LabProcess | undefined {
  return recordedProcesses(labDir).find(
    (process) => isApiServer(process) && process.name.startsWith(`${cluster.name}.`) && isRunning(process),
  );
}

async function launchApiServer(labDir: string, cluster: ClusterLayout): Promise<LabProcess> {
  const first = firstNode(cluster);
  const command = inNamespace(first.namespace, findBinary('kube-apiserver'), apiServerArgs(cluster, first));
  return await startProcess(labDir, `${cluster.name}.kube-apiserver`, command);
}

async function isServing(cluster: ClusterLayout, signal?: AbortSignal): Promise<boolean> {
  return await kubectl(cluster, ['get', '--raw', '/readyz', '--request-timeout=5s'], { signal }).then(
    () => true,
    () => false,
  );
}

function firstNode(cluster: ClusterLayout): NodeLayout {
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error(`${cluster.name} has no node`);
  return first;
}

interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly token: string;
  readonly kubeconfigs: readonly string[];
}

/** The users of Kubernetes' default roles, and an admin. */
function newUsers(cluster: ClusterLayout, files: ClusterFiles): readonly User[] {
  const user = (name: string, groups: readonly string[], kubeconfigs: readonly string[]): User => ({
    name,
    groups,
    kubeconfigs,
    token: randomBytes(24).toString('hex'),
  });
  const admin = user('admin', ['system:masters'], [files.kubeconfig]);
  writeFileSync(files.token, admin.token, { mode: 0o600 });
  return [
    admin,
    ...['kube-controller-manager', 'kube-scheduler'].map((name) =>
      user(`system:${name}`, [], [files.kubeconfigOf(name)]),
    ),
    user(
      'system:kube-proxy',
      [],
      cluster.nodes.map((node) => join(node.dir, 'kube-proxy.kubeconfig')),
    ),
    ...cluster.nodes.map((node) =>
      user(`system:node:${node.name}`, ['system:nodes'], [join(node.dir, 'kubelet.kubeconfig')]),
    ),
  ];
}

function apiServerArgs(cluster: ClusterLayout, node: NodeLayout): readonly string[] {
  const files = filesOf(cluster);
  return [
    `--etcd-servers=http://127.0.0.1:${ETCD_PORT}`,
    `--advertise-address=${node.addresses[0]}`,
    `--secure-port=${API_PORT}`,
    `--cert-dir=${files.dir}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${cluster.serviceCIDRs.join(',')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
    '--shutdown-delay-duration=0s',
  ];
}

function controllerManagerArgs(files: ClusterFiles): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfigOf('kube-controller-manager')}`,
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.caFile}`,
    // The layout assigns the pod ranges of nodes.
    '--allocate-node-cidrs=false',
    '--enable-hostpath-provisioner=true',
    '--leader-elect=false',
    '--secure-port=0',
  ];
}

function schedulerArgs(files: ClusterFiles): readonly string[] {
  return [`--kubeconfig=${files.kubeconfigOf('kube-scheduler')}`, '--leader-elect=false', '--secure-port=0'];
}
