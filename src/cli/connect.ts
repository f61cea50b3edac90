/** How commands reach clusters: kubeconfigs that the fleet file or an option names, or the pod's own account. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { MemberConfig } from '../config/parse.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { createKubeClient } from '../kube/client/http-client.ts';
import type { ClusterAccess, Credentials } from '../kube/kubeconfig/credentials.ts';
import { inClusterAccess, loadKubeconfig } from '../kube/kubeconfig/kubeconfig.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Environment } from './environment.ts';
import { given } from './values.ts';

/** A cluster to open. */
export interface Target {
  /** Its name in logs and errors; that of its context where absent. */
  readonly name?: string;
  readonly access: MemberConfig['access'];
}

/** Gives the function that opens a cluster. */
export function connector(environment: Environment, logger: Logger): (target: Target) => Promise<KubeClient> {
  return async ({ name, access }) => {
    const load = () => loadAccess(access, environment);
    const loaded = await load();
    const cluster = name ?? loaded.context ?? 'in-cluster';
    return createKubeClient({
      cluster,
      logger: logger.child({ member: cluster }),
      access: { ...loaded, credentials: reloaded(loaded, load) },
    });
  };
}

/** The credentials of an access that is loaded again when the server refuses them: a user may have put in new ones. */
function reloaded(first: ClusterAccess, load: () => Promise<ClusterAccess>): Credentials {
  let current = Promise.resolve(first.credentials);
  return {
    headers: async (signal) => (await current).headers(signal),
    certificate: async (signal) => (await current).certificate(signal),
    invalidate: (headers) => {
      current = current.then(async (credentials) => {
        credentials.invalidate(headers);
        // A file that is being written may be no kubeconfig for a moment: what there was is better than nothing.
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
  const usual = kubeconfigFiles.length > 0 ? kubeconfigFiles : [join(home, '.kube', 'config')];
  return loadKubeconfig({
    files: access.path === undefined ? usual : [access.path],
    trust: 'user',
    environment: variables,
    ...(access.context !== undefined && { context: access.context }),
  });
}

/** Options of the commands that work on one cluster. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The cluster that options name; in a pod that is told nothing else, the pod's own. */
export function targetOf({ kubeconfig, context }: ClusterOptions, environment: Environment): Target {
  const told = kubeconfig ?? context ?? environment.kubeconfigFiles[0];
  if (told === undefined && environment.kubernetesService) return { access: { kind: 'inCluster' } };
  return {
    access: {
      kind: 'kubeconfig',
      ...(kubeconfig !== undefined && { path: kubeconfig }),
      ...(context !== undefined && { context }),
    },
  };
}

/** Adds the options that name one cluster. */
export function withCluster(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (KUBECONFIG, else ~/.kube/config)', given)
    .option('--context <name>', 'context in it; the current one unless told', given);
}
