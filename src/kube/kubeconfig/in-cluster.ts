import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { ClusterAccess } from './credentials.ts';
import { fileCredentials } from './file-credentials.ts';
import { digest, type KubeconfigEnvironment, readText, unreadable } from './kubeconfig-environment.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Access of a pod to its own cluster. @throws CTM_KUBECONFIG_READ outside a cluster. */
export async function inClusterAccess(options: KubeconfigEnvironment): Promise<ClusterAccess> {
  const { environment = {}, clock = systemClock } = options;
  const readFile = options.readFile ?? readText;
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) {
    throw new CatamaranError(
      'CTM_KUBECONFIG_READ',
      'in-cluster access: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; not running in a pod',
    );
  }
  const caFile = `${SERVICE_ACCOUNT}/ca.crt`;
  const ca = await readFile(caFile).catch((error: unknown) => {
    throw unreadable(`in-cluster access: ${caFile}`, error);
  });
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca },
    credentials: fileCredentials({ tokenFile: `${SERVICE_ACCOUNT}/token` }, readFile, clock),
    trust: 'user',
    revision: digest([host, port, ca]),
    source: 'in-cluster',
  };
}
