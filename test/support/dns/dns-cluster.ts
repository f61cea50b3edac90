/** A cluster whose DNS objects a test chooses, for `catamaran dns enable|disable|check`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from 'kubesim';
import { CRDS } from '../../../src/api/crd-manifests.ts';
import { isJsonObject, type JsonObject } from '../../../src/api/json.ts';
import { apiVersion, type Resource } from '../../../src/api/resources.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { createKubeClient } from '../../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../../src/kube/kubeconfig/credentials.ts';
import { kubeconfig } from '../../../tools/controlplane/kubeconfig.ts';
import { invoke, type Outcome } from '../invoke.ts';

export interface DnsCluster extends AsyncDisposable {
  readonly client: KubeClient;
  /** A client whose writes have another field manager. */
  as(fieldManager: string): KubeClient;
  put(resource: Resource, object: JsonObject): Promise<void>;
  /** Undefined if it does not exist. */
  get(resource: Resource, name: string, namespace?: string): Promise<JsonObject | undefined>;
  /** `catamaran dns ARGS` */
  dns(...args: readonly string[]): Promise<Outcome>;
}

const core = (plural: string, kind: string, namespaced = true): Resource => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  namespaced,
});

export const K8S = {
  configMaps: core('configmaps', 'ConfigMap'),
  services: core('services', 'Service'),
  nodes: core('nodes', 'Node', false),
  daemonSets: { group: 'apps', version: 'v1', plural: 'daemonsets', kind: 'DaemonSet', namespaced: true },
  clusterRoles: {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    plural: 'clusterroles',
    kind: 'ClusterRole',
    namespaced: false,
  },
  clusterRoleBindings: {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  },
  crds: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  },
} as const satisfies Record<string, Resource>;

/** Without the CRDs of the API, `crds: false`. */
export async function startDnsCluster({ crds = true }: { readonly crds?: boolean } = {}): Promise<DnsCluster> {
  const cluster = await startCluster({ crds: crds ? CRDS : [], workloads: false });
  const as = (fieldManager: string) =>
    createKubeClient({
      cluster: cluster.name,
      fieldManager,
      access: {
        server: cluster.server,
        tls: {},
        credentials: staticCredentials({ token: cluster.token }),
        source: 'test',
      },
      transport: cluster.transport(),
    });
  const client = as('user');
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-dns-'));
  const file = join(dir, 'kubeconfig');
  const { name, server, ca, token } = cluster;
  await writeFile(file, kubeconfig([{ name, server, ca: Buffer.from(ca), token }]));
  return {
    client,
    as,
    async put(resource, object) {
      const metadata = isJsonObject(object.metadata) ? object.metadata : {};
      const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : undefined;
      const typed = { apiVersion: apiVersion(resource), kind: resource.kind, ...object };
      const found = await client
        .get(resource, { name: String(metadata.name), ...(namespace !== undefined && { namespace }) })
        .catch(() => undefined);
      if (!found) await client.create(resource, namespace, typed);
      else {
        const { resourceVersion } = found.metadata;
        await client.update(resource, { ...typed, metadata: { ...metadata, resourceVersion } });
      }
    },
    get: (resource, object, namespace) =>
      client
        .get(resource, { name: object, ...(namespace !== undefined && { namespace }) })
        .catch((): undefined => undefined),
    dns: (...args) => invoke(['dns', ...args, '--kubeconfig', file]),
    async [Symbol.asyncDispose]() {
      await client.close();
      await cluster.close();
      await rm(dir, { recursive: true });
    },
  };
}
