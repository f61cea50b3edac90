/** Envoy Gateway's control plane, and a client of its xDS server in the place of Envoy. */
import { cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, startComponent } from '../../tools/controlplane/component.ts';
import { interopBinary } from '../../tools/interop/binaries.ts';
import { selfSigned } from '../support/certificates.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';

export const CONTROLLER_NAMESPACE = 'envoy-gateway-system';
const SERVER_NAME = 'envoy-gateway';
const GRACE_MS = 5_000;

const CONFIG = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyGateway',
  gateway: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
  provider: {
    type: 'Kubernetes',
    kubernetes: { leaderElection: { disable: true }, proxyTopologyInjector: { disabled: true } },
  },
};

export interface EnvoyGateway {
  /** Directory with the client certificate of its xDS server. */
  readonly certs: string;
  stop(): Promise<void>;
}

/** Starts it in a folder of its own as the root, since it reads its certificates from /certs. */
export async function startEnvoyGateway({ plane }: Cluster): Promise<EnvoyGateway> {
  const root = mkdtempSync(join(tmpdir(), 'catamaran-envoy-gateway-'));
  const certs = join(root, 'certs');
  mkdirSync(certs);
  mkdirSync(join(root, 'tmp'));
  const { cert, key } = selfSigned(SERVER_NAME, [SERVER_NAME]);
  writeFileSync(join(certs, 'ca.crt'), cert);
  writeFileSync(join(certs, 'tls.crt'), cert);
  writeFileSync(join(certs, 'tls.key'), key);
  writeFileSync(join(root, 'config.yaml'), JSON.stringify(CONFIG));
  cpSync(plane.kubeconfig, join(root, 'kubeconfig'));
  place(interopBinary('envoy-gateway'), join(root, 'envoy-gateway'));
  const environment = ['KUBECONFIG=/kubeconfig', `ENVOY_GATEWAY_NAMESPACE=${CONTROLLER_NAMESPACE}`];
  const inRoot = [...environment, 'unshare', `--root=${root}`, '--', '/envoy-gateway'];
  // Secrets that the Helm chart creates by a Job.
  await run('env', [...inRoot, 'certgen', '--disable-topology-injector']);
  const program = await startComponent({
    name: 'Envoy Gateway',
    command: 'env',
    args: [...inRoot, 'server', '--config-path', '/config.yaml'],
    logFile: join(tmpdir(), 'catamaran-envoy-gateway.log'),
  });
  return {
    certs,
    async stop() {
      await program.stop('SIGTERM', GRACE_MS);
      rmSync(root, { recursive: true });
    },
  };
}

/** A hard link, or a copy on another file system. */
function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}
