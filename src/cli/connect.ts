/** How the controller reaches its members: the kubeconfigs that the fleet file names, or the pod's own account. */
import { join } from 'node:path';
import type { Logger } from '../api/runtime.ts';
import type { MemberConfig } from '../fleet/config.ts';
import type { KubeClient } from '../kube/client.ts';
import { createKubeClient } from '../kube/http.ts';
import { inClusterAccess, loadKubeconfig } from '../kube/kubeconfig.ts';
import type { Environment } from './environment.ts';

/** Gives the function that opens a member. It reads the kubeconfig anew at each call. */
export function connector(environment: Environment, logger: Logger): (member: MemberConfig) => Promise<KubeClient> {
  return async ({ name, access }) =>
    createKubeClient({
      cluster: name,
      logger: logger.child({ member: name }),
      access:
        access.kind === 'inCluster'
          ? await inClusterAccess({ environment: environment.variables })
          : await loadKubeconfig(kubeconfig(access, environment)),
    });
}

function kubeconfig(
  access: Extract<MemberConfig['access'], { kind: 'kubeconfig' }>,
  { kubeconfigFiles, home, variables }: Environment,
) {
  const usual = kubeconfigFiles.length > 0 ? kubeconfigFiles : [join(home, '.kube', 'config')];
  return {
    files: access.path === undefined ? usual : [access.path],
    trust: 'user' as const,
    environment: variables,
    ...(access.context !== undefined && { context: access.context }),
  };
}
