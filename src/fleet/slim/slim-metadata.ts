/** Metadata of slim copies: only what the engine reads. */
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';
import {
  DERIVED_FROM,
  MANAGED_BY,
  MCS_SERVICE_NAME,
  SERVICE_NAME,
  SLICE_MANAGED_BY,
  SOURCE_CLUSTER,
} from '../../api/labels.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../../api/meta.ts';
import { setsAnnotation, slimExportFields, slimStatusFields } from '../../core/field-managers.ts';
import { Misfit, shown } from '../../kube/watch/misfit.ts';
import { objectName, requireMetadata } from '../../kube/watch/object.ts';
import {
  type Draft,
  flag,
  integer,
  isSet,
  isTime,
  list,
  type MapLimits,
  object,
  stringMap,
  text,
  textOf,
} from './fields.ts';

/** What etcd takes of an object (1.5 MiB by default), with room for larger settings. */
const OBJECT_LENGTH = 8 * 1024 * 1024;
/** A key is at most 253 characters of a domain, a slash, and 63 of a name. */
const KEY_LENGTH = 317;

export const LABELS: MapLimits = { key: KEY_LENGTH, value: 63, total: OBJECT_LENGTH };
/** Apimachinery, TotalAnnotationSizeLimitB. */
export const ANNOTATIONS: MapLimits = { key: KEY_LENGTH, value: 256 * 1024, total: 256 * 1024 };
/** A map that the CRD does not limit; the engine refuses what cannot be set, one by one. */
export const ANY_MAP: MapLimits = { key: OBJECT_LENGTH, value: OBJECT_LENGTH, total: OBJECT_LENGTH };

const MAX_NAME = 253;
const MAX_UID = 128;
const MAX_OWNERS = 1_000;

const OWNERSHIP_LABELS = [
  MANAGED_BY,
  DERIVED_FROM,
  SLICE_MANAGED_BY,
  MCS_SERVICE_NAME,
  SERVICE_NAME,
  SOURCE_CLUSTER,
] as const;

function isComplete(owner: Json): boolean {
  if (!isJsonObject(owner)) return false;
  return [owner.apiVersion, owner.kind, owner.name, owner.uid].every((field) => typeof field === 'string');
}

function ownerReference(owner: Json): OwnerReference {
  const { apiVersion, kind, name, uid, controller } = object(owner, '');
  return {
    apiVersion: text(apiVersion, 'apiVersion', MAX_NAME),
    kind: text(kind, 'kind', MAX_NAME),
    name: text(name, 'name', MAX_NAME),
    uid: text(uid, 'uid', MAX_UID),
    ...(isSet(controller) && { controller: flag(controller, 'controller') }),
  };
}

/**
 * The metadata that determines ownership. Read for every object that is listed or watched, so it takes only the labels
 * that count, and never throws: an incomplete owner, which no API server accepts, owns nothing.
 */
export function ownershipOf(object: JsonObject): Pick<ObjectMeta, 'labels' | 'ownerReferences'> {
  const metadata = requireMetadata(object);
  const labels: Record<string, string> = {};
  if (isJsonObject(metadata.labels)) {
    for (const label of OWNERSHIP_LABELS) {
      const value = metadata.labels[label];
      if (typeof value === 'string') labels[label] = value;
    }
  }
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.filter(isComplete) : [];
  return { labels, ownerReferences: owners.map(ownerReference) };
}

/** @throws Misfit unless the object has this kind. Items of a list may have none. */
export function requireKind({ kind }: JsonObject, expected: string): void {
  if (kind !== undefined && kind !== expected) throw new Misfit('kind', `${shown(kind)} is not ${expected}`);
}

function time(value: Json, field: string): string {
  return textOf(value, field, isTime, 'a time');
}

/** Metadata without managedFields and annotations. */
export function slimMetadata(parent: JsonObject): Draft<ObjectMeta> {
  objectName(parent);
  const metadata = requireMetadata(parent);
  const slim: Draft<ObjectMeta> = { name: text(metadata.name, 'metadata.name', MAX_NAME) };
  const { namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  if (isSet(namespace)) slim.namespace = text(namespace, 'metadata.namespace', MAX_NAME);
  if (isSet(uid)) slim.uid = text(uid, 'metadata.uid', MAX_UID);
  if (isSet(resourceVersion)) slim.resourceVersion = text(resourceVersion, 'metadata.resourceVersion', MAX_NAME);
  if (isSet(generation)) slim.generation = integer(generation, 'metadata.generation', 0, Number.MAX_SAFE_INTEGER);
  if (isSet(creationTimestamp)) slim.creationTimestamp = time(creationTimestamp, 'metadata.creationTimestamp');
  if (isSet(deletionTimestamp)) slim.deletionTimestamp = time(deletionTimestamp, 'metadata.deletionTimestamp');
  const labels = stringMap(metadata.labels, 'metadata.labels', LABELS);
  if (labels) slim.labels = labels;
  if (isSet(metadata.ownerReferences)) {
    slim.ownerReferences = list(metadata.ownerReferences, 'metadata.ownerReferences', MAX_OWNERS, ownerReference);
  }
  return slim;
}

const MAX_MANAGERS = 1_000;

/** The entries of managedFields, each with the fields that `keep` returns. An entry that does not fit counts for nothing. */
function managersOf(
  parent: JsonObject,
  keep: (entry: ManagedFieldsEntry) => JsonObject | undefined,
): readonly ManagedFieldsEntry[] {
  return list(requireMetadata(parent).managedFields, 'metadata.managedFields', MAX_MANAGERS, (entry) => {
    const { manager, operation, fieldsV1: fields } = isJsonObject(entry) ? entry : {};
    if (!isJsonObject(fields)) return [];
    const base = {
      ...(typeof manager === 'string' && { manager }),
      ...(typeof operation === 'string' && { operation }),
    };
    const fieldsV1 = keep({ ...base, fieldsV1: fields });
    return fieldsV1 ? [{ ...base, fieldsV1 }] : [];
  }).flat();
}

/** The managers of these fields of `spec`. */
export function specManagersOf(parent: JsonObject, names: readonly string[]): readonly ManagedFieldsEntry[] {
  return managersOf(parent, ({ fieldsV1 }) => {
    const spec = fieldsV1?.['f:spec'];
    const set = isJsonObject(spec) ? names.filter((name) => Object.hasOwn(spec, `f:${name}`)) : [];
    return set.length > 0 ? { 'f:spec': Object.fromEntries(set.map((name) => [`f:${name}`, {}])) } : undefined;
  });
}

/** The managers of an annotation. */
export function annotationManagersOf(parent: JsonObject, key: string): readonly ManagedFieldsEntry[] {
  return managersOf(parent, (entry) =>
    setsAnnotation(entry, key) ? { 'f:metadata': { 'f:annotations': { [`f:${key}`]: {} } } } : undefined,
  );
}

/** The managers of `status.clusters` and of the condition Ready. */
export function statusManagersOf(parent: JsonObject): readonly ManagedFieldsEntry[] {
  return managersOf(parent, slimStatusFields);
}

/** The managers of the conditions that every implementation sets on exports. */
export function exportManagersOf(parent: JsonObject): readonly ManagedFieldsEntry[] {
  return managersOf(parent, slimExportFields);
}
