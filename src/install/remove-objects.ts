/** Removes an installation from a cluster, and reports what stays. */
import { RESOURCES } from '../api/resources.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { existing, managerOf, nameOf, shownObject } from './create-objects.ts';
import { CRD_NAMES, INSTALLER, type Installation, namespaceObject, removableObjects } from './installation.ts';
import { resourceOf } from './kinds.ts';

export interface Removal {
  readonly object: string;
  readonly action: 'deleted' | 'kept';
  /** For what is kept: why, and how to remove it. */
  readonly reason?: string;
}

const SERVICE_RESOURCES = [RESOURCES.serviceExports, RESOURCES.serviceImports];

async function count(client: KubeClient, resource: (typeof SERVICE_RESOURCES)[number]): Promise<number> {
  try {
    const { items } = await client.list(resource);
    return items.length;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
}

/**
 * Deletes what `install` created, except CustomResourceDefinitions, whose deletion would delete all exports.
 *
 * @throws CTM_INSTALL_NONE if there is nothing to remove.
 */
export async function uninstall(
  client: KubeClient,
  installation: Omit<Installation, 'values'>,
  { dryRun, onRemoval }: { readonly dryRun: boolean; readonly onRemoval: (removal: Removal) => void },
): Promise<void> {
  let found = false;
  for (const object of removableObjects(installation)) {
    const current = await existing(client, object);
    if (!current) continue;
    found = true;
    const manager = managerOf(current);
    if (manager !== INSTALLER) {
      const reason = manager === 'Helm' ? 'managed by Helm; use helm uninstall' : 'not managed by catamaran install';
      onRemoval({ object: shownObject(object), action: 'kept', reason });
      continue;
    }
    if (!dryRun) await client.delete(resourceOf(object), nameOf(object), { uid: current.metadata.uid ?? '' });
    onRemoval({ object: shownObject(object), action: 'deleted' });
  }
  for (const remaining of await remainders(client, installation.namespace)) onRemoval(remaining);
  if (!found) {
    const place = `namespace ${JSON.stringify(installation.namespace)} of ${client.cluster}`;
    throw new CatamaranError(
      'CTM_INSTALL_NONE',
      `nothing is installed in ${place}; use --namespace if it is another one`,
    );
  }
}

async function remainders(client: KubeClient, namespace: string): Promise<readonly Removal[]> {
  const kept: Removal[] = [];
  for (const resource of SERVICE_RESOURCES) {
    const items = await count(client, resource);
    if (items === 0) continue;
    const reason = `${items} of them; kubectl get ${resource.plural} --all-namespaces`;
    kept.push({ object: resource.plural, action: 'kept', reason });
  }
  for (const name of CRD_NAMES) {
    const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
    if (!(await existing(client, crd))) continue;
    const reason = `deleting it deletes its objects; kubectl delete crd ${name}`;
    kept.push({ object: shownObject(crd), action: 'kept', reason });
  }
  const place = namespaceObject(namespace);
  if (await existing(client, place)) {
    const reason = `it may hold Secrets of members; kubectl delete namespace ${namespace}`;
    kept.push({ object: shownObject(place), action: 'kept', reason });
  }
  return kept;
}
