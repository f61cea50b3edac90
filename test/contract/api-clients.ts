/** Shared by the contract tests: clients with and without the proxy, and namespaces. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/api/json.ts';
import type { Resource } from '../../src/api/resources.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { type ClientLimits, createKubeClient } from '../../src/kube/client/http-client.ts';
import { type ClusterAccess, type Credentials, staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import type { ServerAccess } from '../support/api-servers/both-servers.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';

export const CONFIG_MAPS: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

/** Access to an API server, through the proxy if there is one. */
export function accessOf(
  to: ServerAccess,
  proxy?: FaultProxy,
  credentials: Credentials = staticCredentials({ token: to.token }),
): ClusterAccess {
  return {
    server: proxy?.url ?? to.server,
    tls: { ca: proxy?.ca ?? readFileSync(to.caFile, 'utf8') },
    credentials,
    source: 'test',
  };
}

export function clientOf(access: ClusterAccess, limits: Partial<ClientLimits> = {}): KubeClient {
  return createKubeClient({ cluster: 'east', access, limits });
}

/** Creates a namespace that no other test uses. */
export async function newNamespace(client: KubeClient, prefix: string): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  await client.create(RESOURCES.namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}
