/** The objects that configure a cluster's CoreDNS: its Corefile, its Deployment and where they are. */
import type { JsonObject } from '../../api/json.ts';
import type { KubeObject, StringMap } from '../../api/meta.ts';
import type { Resource } from '../../api/resources.ts';
import { isForbidden, isNotFound } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';

export const CONFIG_MAPS: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

const DEPLOYMENTS: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

/** The names of CoreDNS' objects in a cluster. */
export interface CoreDnsNames {
  readonly namespace: string;
  /** Of the ConfigMap and of the Deployment. */
  readonly name: string;
  readonly clusterRole: string;
}

export const KUBEADM_NAMES: CoreDnsNames = {
  namespace: 'kube-system',
  name: 'coredns',
  clusterRole: 'system:coredns',
};

/** As the API server sent it, so that an update writes back every field that is not read here. */
export type ConfigMap = JsonObject & KubeObject & { readonly data?: StringMap };

interface Deployment extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly serviceAccountName?: string;
        readonly containers?: readonly { readonly image?: string }[];
      };
    };
  };
}

/** @throws CTM_COREFILE if the cluster has no such ConfigMap. */
export async function readConfigMap(client: KubeClient, { namespace, name }: CoreDnsNames): Promise<ConfigMap> {
  try {
    return await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const where = `cluster ${client.cluster} has no ConfigMap ${namespace}/${name}`;
    throw new CatamaranError('CTM_COREFILE', `${where}: name CoreDNS' own by --configmap, or add the zone by hand`);
  }
}

/** @throws CTM_COREFILE if the ConfigMap has no Corefile. */
export function corefileOf({ data }: ConfigMap, { namespace, name }: CoreDnsNames): string {
  const corefile = data?.Corefile;
  if (corefile !== undefined) return corefile;
  throw new CatamaranError('CTM_COREFILE', `ConfigMap ${namespace}/${name} has no key Corefile`);
}

/** The service account that CoreDNS runs as: that of its Deployment, or its own name if that cannot be read. */
export async function serviceAccountOf(client: KubeClient, { namespace, name }: CoreDnsNames): Promise<string> {
  try {
    const { spec } = await client.get<Deployment>(DEPLOYMENTS, { namespace, name });
    return spec?.template?.spec?.serviceAccountName ?? 'default';
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return name;
    throw error;
  }
}

/** The image that CoreDNS runs; undefined if there is no Deployment of its name. */
export async function imageOf(client: KubeClient, { namespace, name }: CoreDnsNames): Promise<string | undefined> {
  try {
    const { spec } = await client.get<Deployment>(DEPLOYMENTS, { namespace, name });
    return spec?.template?.spec?.containers?.[0]?.image;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
