/** Metadata of an object sent by a client, which is any valid JSON. */
import type { Json, JsonObject, StringMap } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { ManagedFields, Owner, StoredMetadata, StoredObject } from '../machinery/object.ts';

/** Metadata as sent: values that are missing or of another type are absent. */
export type SentMetadata = Partial<StoredMetadata>;

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function strings(value: Json | undefined): StringMap | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).flatMap(([key, one]) =>
    typeof one === 'string' ? [[key, one] as const] : one === null ? [[key, ''] as const] : [],
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function list<T>(value: Json | undefined, read: (item: Json) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.flatMap((item: Json) => read(item) ?? []);
  return items.length > 0 ? items : undefined;
}

function owner(value: Json): Owner | undefined {
  if (!isObject(value)) return undefined;
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = value;
  return {
    apiVersion: text(apiVersion) ?? '',
    kind: text(kind) ?? '',
    name: text(name) ?? '',
    uid: text(uid) ?? '',
    ...(typeof controller === 'boolean' && { controller }),
    ...(typeof blockOwnerDeletion === 'boolean' && { blockOwnerDeletion }),
  };
}

function managed(value: Json): ManagedFields | undefined {
  if (!isObject(value)) return undefined;
  const { manager, operation, apiVersion, time, fieldsV1, subresource } = value;
  return {
    manager: text(manager) ?? '',
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: text(apiVersion) ?? '',
    ...(text(time) !== undefined && { time: text(time) }),
    fieldsType: 'FieldsV1',
    fieldsV1: isObject(fieldsV1) ? fieldsV1 : {},
    ...(text(subresource) !== undefined && { subresource: text(subresource) ?? '' }),
  };
}

/** Drops undefined values. */
function present<T extends object>(fields: T): Partial<T> {
  // A subset of the entries of T is a Partial<T>.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

export function readMetadata(object: JsonObject): SentMetadata {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const fields: { [field in keyof StoredMetadata]: StoredMetadata[field] | undefined } = {
    name: text(metadata.name),
    namespace: text(metadata.namespace),
    generateName: text(metadata.generateName),
    uid: text(metadata.uid),
    resourceVersion: text(metadata.resourceVersion),
    generation: number(metadata.generation),
    creationTimestamp: text(metadata.creationTimestamp),
    deletionTimestamp: text(metadata.deletionTimestamp),
    deletionGracePeriodSeconds: number(metadata.deletionGracePeriodSeconds),
    labels: strings(metadata.labels),
    annotations: strings(metadata.annotations),
    ownerReferences: list(metadata.ownerReferences, owner),
    finalizers: list(metadata.finalizers, text),
    managedFields: list(metadata.managedFields, managed),
  };
  // Each field was read with its type in StoredMetadata.
  return present(fields) as SentMetadata;
}

/** An object with the given metadata, ready to be stored. */
export function withMetadata(
  object: JsonObject,
  apiVersion: string,
  kind: string,
  metadata: StoredMetadata,
): StoredObject {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest };
}
