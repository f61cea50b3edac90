/**
 * Admission of creates in namespaces. Source: Kubernetes documentation, admission controllers, "NamespaceLifecycle".
 */
import type { ResourceDefinition } from '../machinery/resource.ts';
import { forbidden, notFound } from '../machinery/status.ts';
import type { ClusterState } from './state.ts';

const NAMESPACES = { group: '', plural: 'namespaces', kind: 'Namespace' } as const;

/** @throws StatusError 404 if the namespace does not exist, 403 if it is being deleted. */
export function admitToNamespace(
  { store }: ClusterState,
  definition: ResourceDefinition,
  namespace: string | undefined,
  name: string,
): void {
  if (!definition.namespaced || namespace === undefined) return;
  const found = store.collection('/namespaces').get({ name: namespace });
  if (!found) throw notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `namespace ${namespace} is being terminated`;
  throw forbidden(definition, name, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
}
