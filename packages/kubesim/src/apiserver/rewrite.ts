/** What an update makes of a stored object, and whether it makes anything of it. */
import { equalJson } from '../machinery/json.ts';
import type { ManagedFields, StoredMetadata, StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { specFinalizers } from './deleter.ts';
import type { SentMetadata } from './read-metadata.ts';

/** Metadata of an update: the server keeps what clients may not change. */
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

/** The old object with another status; who owns the status is in its metadata. */
export function statusOf(next: StoredObject, old: StoredObject): StoredObject {
  const { managedFields } = next.metadata;
  return withStatus({ ...old, metadata: { ...old.metadata, ...(managedFields && { managedFields }) } }, next);
}

/** An object with the status of another. */
export function withStatus(object: StoredObject, from: StoredObject): StoredObject {
  const { status: _, apiVersion, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest, ...(from.status !== undefined && { status: from.status }) };
}

/** Whether a write says the same as what is stored, times of managers aside. */
export function saysTheSame(object: StoredObject, old: StoredObject): boolean {
  const bare = ({ metadata, ...rest }: StoredObject) => {
    const { resourceVersion: _, managedFields = [], ...others } = metadata;
    return { ...rest, metadata: { ...others, managedFields: managedFields.map(({ time: __, ...one }) => one) } };
  };
  return equalJson(bare(object), bare(old));
}

/** Whether what a user wants of the object has changed, so that its generation counts. */
export function wantsOther(definition: ResourceDefinition, object: StoredObject, old: StoredObject): boolean {
  if (!definition.custom) return !equalJson(object.spec, old.spec);
  const wanted = ({ metadata: _, status, ...rest }: StoredObject) => (definition.status ? rest : { ...rest, status });
  return !equalJson(wanted(object), wanted(old));
}

/** Whether a deleted object waits for nothing any more. A namespace waits for the finalizers in its spec, too. */
export function isOver(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return object.kind !== 'Namespace' || object.apiVersion !== 'v1' || specFinalizers(object).length === 0;
}
