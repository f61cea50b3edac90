/**
 * Migration from client-side apply: `kubectl apply --server-side` takes over the fields in the annotation of `kubectl
 * apply`. Source: Kubernetes documentation, Server-Side Apply, "Upgrading from client-side apply".
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, mapMembers, members } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { compare, fieldsOf } from './compare.ts';
import { difference, pathsOf, pathText, union } from './fieldset.ts';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** The only field manager to which this applies. */
export const KUBECTL = 'kubectl';

/** Fields, such as `.spec.replicas`, that are in the last-applied annotation and still have the same values. */
export function lastAppliedFields(schema: OpenApiSchema, live: JsonObject, apiVersion: string): ReadonlySet<string> {
  const applied = parsed(annotationOf(live));
  if (!applied || applied.apiVersion !== apiVersion) return new Set();
  const { modified, added, removed } = compare(schema, applied, live);
  const kept = difference(fieldsOf(schema, applied), union(modified, union(added, removed)));
  return new Set(pathsOf(kept).map(pathText));
}

/** Updates the last-applied annotation of an object, if it has one. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const { metadata } = object;
  if (annotationOf(object) === '' || !isObject(metadata) || !isObject(metadata.annotations)) return object;
  const text = `${JSON.stringify(sorted(withoutAnnotation(applied)))}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [ANNOTATION]: text } } };
}

function annotationOf({ metadata }: JsonObject): string {
  const annotations = isObject(metadata) ? metadata.annotations : undefined;
  const value = isObject(annotations) ? annotations[ANNOTATION] : undefined;
  return typeof value === 'string' ? value : '';
}

function withoutAnnotation(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata) || !isObject(metadata.annotations)) return object;
  const annotations = mapMembers(metadata.annotations, (value, key) => (key === ANNOTATION ? undefined : value));
  return { ...object, metadata: { ...metadata, annotations } };
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Members sorted by name, as Go serializes them. */
function sorted(value: Json): Json {
  if (isList(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = members(value).map(([key, member]): [string, Json] => [key, sorted(member)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
