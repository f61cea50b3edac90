/** The Kubernetes objects that configure a cluster's CoreDNS, and how to read them. */

import { type JsonObject, metadataOf } from '../../api/json.ts';
import type { KubeObject, StringMap } from '../../api/meta.ts';
import { CONFIG_MAPS } from '../../api/resources.ts';
import { isNotFound } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { ObjectEdit } from './object-edit.ts';

/** A ConfigMap. */
export interface ConfigMapName {
  readonly namespace: string;
  readonly name: string;
}

export const KUBEADM_CONFIG_MAP: ConfigMapName = { namespace: 'kube-system', name: 'coredns' };

/** Unmodified API object, so that an update keeps the fields that are not read here. */
export type ConfigMap = JsonObject & KubeObject & { readonly data?: StringMap };

/** @throws CTM_COREFILE if the ConfigMap does not exist. */
export async function readConfigMap(client: KubeClient, { namespace, name }: ConfigMapName): Promise<ConfigMap> {
  try {
    return await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const missing = `ConfigMap ${namespace}/${name} not found in cluster ${client.cluster}`;
    throw new CatamaranError('CTM_COREFILE', `${missing}: pass the ConfigMap of CoreDNS with --configmap`);
  }
}

/** @throws CTM_COREFILE if the ConfigMap has no Corefile. */
export function corefileOf({ data }: ConfigMap, { namespace, name }: ConfigMapName): string {
  const corefile = data?.Corefile;
  if (corefile !== undefined) return corefile;
  throw new CatamaranError(
    'CTM_COREFILE',
    `ConfigMap ${namespace}/${name} has no key Corefile: pass the ConfigMap of CoreDNS with --configmap`,
  );
}

/** An edit of one key; undefined removes it. */
export function keyEdit(
  before: ConfigMap,
  key: string,
  value: string | undefined,
  lines: readonly string[],
  annotations?: StringMap,
): ObjectEdit {
  const { namespace, name } = before.metadata;
  const { [key]: _, ...others }: Record<string, string> = { ...before.data };
  return {
    resource: CONFIG_MAPS,
    title: `ConfigMap ${namespace}/${name}, ${key}`,
    before,
    after: {
      ...before,
      metadata: { ...metadataOf(before), ...(annotations && { annotations }) },
      data: { ...others, ...(value !== undefined && { [key]: value }) },
    },
    lines,
  };
}
