/** The Kubernetes objects that configure a cluster's CoreDNS, and how to read them. */
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

export interface CoreDnsNames {
  readonly namespace: string;
  /** Name of both the ConfigMap and the Deployment. */
  readonly name: string;
  readonly clusterRole: string;
}

export const KUBEADM_NAMES: CoreDnsNames = {
  namespace: 'kube-system',
  name: 'coredns',
  clusterRole: 'system:coredns',
};

/** Unmodified API object, so that an update keeps the fields that are not read here. */
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

/** @throws CTM_COREFILE if the ConfigMap does not exist. */
export async function readConfigMap(client: KubeClient, { namespace, name }: CoreDnsNames): Promise<ConfigMap> {
  try {
    return await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const missing = `ConfigMap ${namespace}/${name} not found in cluster ${client.cluster}`;
    throw new CatamaranError('CTM_COREFILE', `${missing}: pass the ConfigMap of CoreDNS with --configmap`);
  }
}

/** @throws CTM_COREFILE if the ConfigMap has no Corefile. */
export function corefileOf({ data }: ConfigMap, { namespace, name }: CoreDnsNames): string {
  const corefile = data?.Corefile;
  if (corefile !== undefined) return corefile;
  throw new CatamaranError(
    'CTM_COREFILE',
    `ConfigMap ${namespace}/${name} has no key Corefile: pass the ConfigMap of CoreDNS with --configmap`,
  );
}

/** The service account in the CoreDNS Deployment; the name of the Deployment if it cannot be read. */
export async function serviceAccountOf(client: KubeClient, { namespace, name }: CoreDnsNames): Promise<string> {
  try {
    const { spec } = await client.get<Deployment>(DEPLOYMENTS, { namespace, name });
    return spec?.template?.spec?.serviceAccountName ?? 'default';
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return name;
    throw error;
  }
}

/** The container image of CoreDNS; undefined if the Deployment does not exist. */
export async function imageOf(client: KubeClient, { namespace, name }: CoreDnsNames): Promise<string | undefined> {
  try {
    const { spec } = await client.get<Deployment>(DEPLOYMENTS, { namespace, name });
    return spec?.template?.spec?.containers?.[0]?.image;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
