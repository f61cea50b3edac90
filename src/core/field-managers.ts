/**
 * Who set a field of an object, by the records of its API server (`metadata.managedFields`). The fields of an entry are
 * keys such as `f:spec`; an item of a list has a key such as `k:{"type":"Ready"}`, and `.` stands for the list or item
 * itself. Source: server-side apply documentation, and structured-merge-diff, "fieldpath".
 */
import { isJsonObject, type Json, type JsonObject } from '../api/json.ts';
import { FIELD_MANAGER } from '../api/labels.ts';
import type { KubeObject, ManagedFieldsEntry } from '../api/meta.ts';

const READY = 'k:{"type":"Ready"}';
const OF_EXPORT: readonly string[] = ['k:{"type":"Valid"}', READY, 'k:{"type":"Conflict"}'];
/** What the first client that wrote a condition keeps after another one has changed it. */
const IDENTITY: ReadonlySet<string> = new Set(['.', 'f:type']);

function member(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The entries of clients that set the field `spec.<name>`. */
export function settersOf({ metadata }: KubeObject, name: string): readonly ManagedFieldsEntry[] {
  return (metadata.managedFields ?? []).filter(
    ({ fieldsV1 }) => member(member(fieldsV1, 'f:spec'), `f:${name}`) !== undefined,
  );
}

/** The entries of clients that set an annotation. */
export function settersOfAnnotation({ metadata }: KubeObject, key: string): readonly ManagedFieldsEntry[] {
  return (metadata.managedFields ?? []).filter((entry) => setsAnnotation(entry, key));
}

/** Whether an entry has an annotation. */
export function setsAnnotation({ fieldsV1 }: ManagedFieldsEntry, key: string): boolean {
  const annotations = member(member(fieldsV1, 'f:metadata'), 'f:annotations');
  return member(annotations, `f:${key}`) !== undefined;
}

/** Whether Catamaran alone set a field. An applied one belongs to a user: the engine never applies (ADR 0002). */
export function areOfCatamaran(setters: readonly ManagedFieldsEntry[]): boolean {
  return (
    setters.length > 0 && setters.every(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Update')
  );
}

/** Whether an entry has items of `status.clusters`. */
export function setsClusters({ fieldsV1 }: ManagedFieldsEntry): boolean {
  const clusters = member(member(fieldsV1, 'f:status'), 'f:clusters');
  if (!isJsonObject(clusters)) return false;
  const keys = Object.keys(clusters);
  return keys.length === 0 || keys.some((key) => key !== '.');
}

/** Whether an entry has the content of the condition Ready. */
export function setsReady(entry: ManagedFieldsEntry): boolean {
  return setsCondition(entry, READY);
}

function setsCondition({ fieldsV1 }: ManagedFieldsEntry, condition: string): boolean {
  const set = member(member(member(fieldsV1, 'f:status'), 'f:conditions'), condition);
  return isJsonObject(set) && Object.keys(set).some((key) => !IDENTITY.has(key));
}

/** Whether an entry has the content of a condition that every implementation sets on exports. */
export function setsExportCondition(entry: ManagedFieldsEntry): boolean {
  return OF_EXPORT.some((condition) => setsCondition(entry, condition));
}

/** The fields of an entry, reduced to those that {@link setsExportCondition} looks at. */
export function slimExportFields(entry: ManagedFieldsEntry): JsonObject | undefined {
  const set = OF_EXPORT.filter((condition) => setsCondition(entry, condition));
  if (set.length === 0) return undefined;
  return { 'f:status': { 'f:conditions': Object.fromEntries(set.map((key) => [key, { 'f:status': {} }])) } };
}

/** The fields of an entry, reduced to those that {@link setsClusters} and {@link setsReady} look at. */
export function slimStatusFields(entry: ManagedFieldsEntry): JsonObject | undefined {
  const fields = {
    ...(setsClusters(entry) && { 'f:clusters': {} }),
    ...(setsReady(entry) && { 'f:conditions': { [READY]: { 'f:status': {} } } }),
  };
  return Object.keys(fields).length > 0 ? { 'f:status': fields } : undefined;
}
