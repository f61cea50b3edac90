/** Effect of an update on a stored object, and detection of no-op updates. */
import { equalJson } from '../machinery/json.ts';
import type { ManagedFields, StoredMetadata, StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { specFinalizers } from './deleter.ts';
import type { SentMetadata } from './read-metadata.ts';

/** Metadata after an update: the server preserves what clients must not change. */
export function mergedMetadata(
  sent: SentMetadata,
  old: StoredMetadata,
  managed: readonly ManagedFields[] | undefined,
): StoredMetadata {
  const { managedFields: _, generation: __, ...given } = sent;
  const deleting = old.deletionTimestamp;
  const grace = given.deletionGracePeriodSeconds ?? old.deletionGracePeriodSeconds;
  const managedFields = managed ?? old.managedFields;
  return {
    ...given,
    name: old.name,
    ...(old.namespace !== undefined && { namespace: old.namespace }),
    uid: given.uid ?? old.uid,
    resourceVersion: old.resourceVersion,
    ...(old.generation !== undefined && { generation: old.generation }),
    creationTimestamp: old.creationTimestamp,
    ...(deleting !== undefined && { deletionTimestamp: deleting }),
    ...(grace !== undefined && { deletionGracePeriodSeconds: grace }),
    ...(managedFields && managedFields.length > 0 && { managedFields }),
  };
}

/** The old object with the new status and managedFields. */
export function statusOf(next: StoredObject, old: StoredObject): StoredObject {
  const { managedFields } = next.metadata;
  return withStatus({ ...old, metadata: { ...old.metadata, ...(managedFields && { managedFields }) } }, next);
}

/** The object with the status of `from`. */
export function withStatus(object: StoredObject, from: StoredObject): StoredObject {
  const { status: _, apiVersion, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest, ...(from.status !== undefined && { status: from.status }) };
}

/** Whether a write is a no-op, apart from timestamps of managers. */
export function saysTheSame(object: StoredObject, old: StoredObject): boolean {
  const bare = ({ metadata, ...rest }: StoredObject) => {
    const { resourceVersion: _, managedFields = [], ...others } = metadata;
    return { ...rest, metadata: { ...others, managedFields: managedFields.map(({ time: __, ...one }) => one) } };
  };
  return equalJson(bare(object), bare(old));
}

/** Whether the desired state changed, which increments the generation. */
export function wantsOther(definition: ResourceDefinition, object: StoredObject, old: StoredObject): boolean {
  if (!definition.custom) return !equalJson(object.spec, old.spec);
  const wanted = ({ metadata: _, status, ...rest }: StoredObject) => (definition.status ? rest : { ...rest, status });
  return !equalJson(wanted(object), wanted(old));
}

/** Whether a deleted object can be removed. Namespaces also wait for the finalizers in their spec. */
export function isOver(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return object.kind !== 'Namespace' || object.apiVersion !== 'v1' || specFinalizers(object).length === 0;
}
