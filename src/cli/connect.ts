/** Connections to clusters, with a kubeconfig from the fleet file or an option, or the ServiceAccount of the pod. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { MemberConfig } from '../config/fleet-config.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { createKubeClient } from '../kube/client/http-client.ts';
import type { ClusterAccess, Credentials } from '../kube/kubeconfig/credentials.ts';
import { inClusterAccess, loadKubeconfig } from '../kube/kubeconfig/kubeconfig.ts';
import type { CliContext } from './context.ts';
import type { Environment } from './environment.ts';
import { nonEmpty } from './values.ts';

export interface Target {
  /** The cluster's name in logs and errors. Default: the name of the context. */
  readonly name?: string;
  readonly access: MemberConfig['access'];
}

export function connector(environment: Environment): (target: Target) => Promise<KubeClient> {
  return async ({ name, access }) => {
    const load = () => loadAccess(access, environment);
    const loaded = await load();
    const cluster = name ?? loaded.context ?? 'in-cluster';
    return createKubeClient({
      cluster,
      access: { ...loaded, credentials: reloaded(loaded, load) },
    });
  };
}

/** Credentials that are reloaded when the server rejects them, since the user may have renewed them. */
function reloaded(first: ClusterAccess, load: () => Promise<ClusterAccess>): Credentials {
  let current = Promise.resolve(first.credentials);
  return {
    headers: async (signal) => (await current).headers(signal),
    certificate: async (signal) => (await current).certificate(signal),
    invalidate: (headers) => {
      current = current.then(async (credentials) => {
        credentials.invalidate(headers);
        // A half-written file may be invalid: the old credentials stay until it is readable.
        return load().then(
          (access) => access.credentials,
          () => credentials,
        );
      });
    },
  };
}

function loadAccess(
  access: MemberConfig['access'],
  { kubeconfigFiles, home, variables }: Environment,
): Promise<ClusterAccess> {
  if (access.kind === 'inCluster') return inClusterAccess({ environment: variables });
  const defaults = kubeconfigFiles.length > 0 ? kubeconfigFiles : [join(home, '.kube', 'config')];
  return loadKubeconfig({
    files: access.path === undefined ? defaults : [access.path],
    trust: 'user',
    environment: variables,
    ...(access.context !== undefined && { context: access.context }),
  });
}

/** Options of commands for one cluster. */
export interface ClusterOptions {
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
  return command
    .addOption(
      new Option('--kubeconfig <file>', 'kubeconfig file')
        .argParser(nonEmpty)
        .default(undefined, 'KUBECONFIG, then the service account of a pod, then ~/.kube/config'),
    )
    .addOption(
      new Option('--context <name>', 'kubeconfig context').argParser(nonEmpty).default(undefined, 'current context'),
    );
}

/** Connects to the selected cluster for one task. */
export async function withClient<T>(
  options: ClusterOptions,
  { environment }: Pick<CliContext, 'environment'>,
  use: (client: KubeClient) => Promise<T>,
): Promise<T> {
  const client = await connector(environment)(targetOf(options, environment));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
