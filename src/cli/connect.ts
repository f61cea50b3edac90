/** Connections to clusters, with a kubeconfig from the fleet file or an option, or the ServiceAccount of the pod. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { MemberConfig } from '../config/fleet-config.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { createKubeClient } from '../kube/client/http-client.ts';
import { Semaphore } from '../kube/client/semaphore.ts';
import type { ClusterAccess } from '../kube/kubeconfig/credentials.ts';
import { followedAccess, serverRevision } from '../kube/kubeconfig/followed-credentials.ts';
import { inClusterAccess } from '../kube/kubeconfig/in-cluster.ts';
import { loadKubeconfig } from '../kube/kubeconfig/kubeconfig.ts';
import { ReadFiles } from '../kube/kubeconfig/read-files.ts';
import { RenewedCredentials } from '../kube/kubeconfig/renewed-credentials.ts';
import { KubeconfigStore, type StoredKubeconfigs } from '../membership/inventory/stored-kubeconfigs.ts';
import type { Logger } from '../runtime/logger.ts';
import { type Pace, UNPACED } from '../runtime/pace.ts';
import type { CliContext } from './context.ts';
import type { Environment } from './environment.ts';
import { type KubeconfigTrust, kubeconfigTrust, type TrustOptions, withKubeconfigTrust } from './kubeconfig-trust.ts';
import { nonEmpty } from './values.ts';

export interface Target {
  /** The cluster's name in logs and errors. Default: the name of the context. */
  readonly name?: string;
  readonly access: MemberConfig['access'];
}

/** Exec plugins that run at a time: each may be an interpreter of 50 MB, and all members connect at once. */
const PLUGIN_RUNS = 4;

/**
 * Connects to clusters. `trust` applies to kubeconfigs; without it, they are the user's own outside a pod, and stored
 * ones inside, where they come from Secrets. `pace` is that of all connections. `fieldManager` is that of all writes
 * (default: the controller's).
 */
export function connector(
  environment: Environment,
  trust: KubeconfigTrust = kubeconfigTrust({}, environment),
  pace: Pace = UNPACED,
  fieldManager?: string,
  stored: StoredKubeconfigs = new KubeconfigStore(),
): (target: Target) => Promise<KubeClient> {
  const surroundings = { environment, trust, pluginRuns: new Semaphore(PLUGIN_RUNS), pace };
  return async ({ name, access }) => {
    if (access.kind === 'stored') return connectStored(name, access.source, surroundings, stored, fieldManager);
    const files = new ReadFiles();
    const load = () => loadAccess(access, surroundings, files);
    const loaded = await load();
    const cluster = name ?? loaded.context ?? 'in-cluster';
    return createKubeClient({
      cluster,
      access: { ...loaded, credentials: new RenewedCredentials(loaded, load) },
      pace,
      ...(fieldManager !== undefined && { fieldManager }),
      isOutdated: async () => (await files.haveChanged()) && (await isOther(loaded, load)),
    });
  };
}

/**
 * Connects with a kubeconfig of an inventory, which is stored whatever the trust in files is. A renewed token needs no
 * new connection.
 */
async function connectStored(
  name: string | undefined,
  source: string,
  { environment, trust, pluginRuns, pace }: Surroundings,
  stored: StoredKubeconfigs,
  fieldManager: string | undefined,
): Promise<KubeClient> {
  const load = () =>
    loadKubeconfig({
      files: [source],
      trust: 'stored',
      plugins: trust.plugins,
      environment: environment.variables,
      pluginRuns,
      readFile: async () => stored.read(source),
    });
  const access = await followedAccess(() => stored.text(source), load);
  return createKubeClient({
    cluster: name ?? source,
    access,
    pace,
    ...(fieldManager !== undefined && { fieldManager }),
    isOutdated: () =>
      load().then(
        (current) => serverRevision(current) !== access.revision,
        () => false,
      ),
  });
}

/** Whether the files now describe another access. A half-written file may be invalid, and describes none. */
async function isOther(loaded: ClusterAccess, load: () => Promise<ClusterAccess>): Promise<boolean> {
  return load().then(
    ({ revision }) => revision !== loaded.revision,
    () => false,
  );
}

/** Shared by all connections of a process. */
interface Surroundings {
  readonly environment: Environment;
  readonly trust: KubeconfigTrust;
  readonly pluginRuns: Semaphore;
  readonly pace: Pace;
}

function loadAccess(
  access: Exclude<MemberConfig['access'], { readonly kind: 'stored' }>,
  { environment: { kubeconfigFiles, home, variables }, trust: { trust, plugins }, pluginRuns, pace }: Surroundings,
  files: ReadFiles,
): Promise<ClusterAccess> {
  const readFile = async (path: string) => {
    const text = await files.read(path);
    // Parsing a kubeconfig takes a millisecond, and all members connect at once.
    const turn = pace.turn('bulk');
    if (turn) await turn;
    return text;
  };
  if (access.kind === 'inCluster') return inClusterAccess({ environment: variables, readFile });
  const defaults = kubeconfigFiles.length > 0 ? kubeconfigFiles : [join(home, '.kube', 'config')];
  return loadKubeconfig({
    files: access.path === undefined ? defaults : [access.path],
    trust,
    plugins,
    environment: variables,
    pluginRuns,
    readFile,
    ...(access.context !== undefined && { context: access.context }),
  });
}

/** For long-running commands: others print Node.js's own warning. */
export function warnOfVariables({ tlsVerificationOff }: Environment, logger: Logger): void {
  if (!tlsVerificationOff) return;
  logger.warn({}, 'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored, certificates of API servers are verified; unset it');
}

/** Options of commands for one cluster. */
export interface ClusterOptions extends TrustOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The cluster that the options select. A pod without any kubeconfig selects its own cluster. */
export function targetOf({ kubeconfig, context }: ClusterOptions, environment: Environment): Target {
  const selected = kubeconfig ?? context ?? environment.kubeconfigFiles[0];
  if (selected === undefined && environment.kubernetesService) return { access: { kind: 'inCluster' } };
  return {
    access: {
      kind: 'kubeconfig',
      ...(kubeconfig !== undefined && { path: kubeconfig }),
      ...(context !== undefined && { context }),
    },
  };
}

/** Adds the options that select one cluster. */
export function withCluster(command: Command): Command {
  command
    .addOption(
      new Option('--kubeconfig <file>', 'kubeconfig file')
        .argParser(nonEmpty)
        .default(undefined, 'KUBECONFIG, then the service account of a pod, then ~/.kube/config'),
    )
    .addOption(
      new Option('--context <name>', 'kubeconfig context').argParser(nonEmpty).default(undefined, 'current context'),
    );
  return withKubeconfigTrust(command);
}

/** The kubeconfig that the options select; of several files, the first. */
export function kubeconfigOf(options: ClusterOptions, { kubeconfigFiles, home }: Environment): string {
  return options.kubeconfig ?? kubeconfigFiles[0] ?? join(home, '.kube', 'config');
}

/** Connects to the selected cluster for one task. */
export async function withClient<T>(
  options: ClusterOptions,
  { environment }: Pick<CliContext, 'environment'>,
  use: (client: KubeClient) => Promise<T>,
): Promise<T> {
  const client = await connector(environment, kubeconfigTrust(options, environment))(targetOf(options, environment));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
