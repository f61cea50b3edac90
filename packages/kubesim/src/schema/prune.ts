/**
 * Pruning of unknown fields. Source: Kubernetes documentation, CRDs, "Field pruning"; API concepts, "Field validation".
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, mapItems, mapMembers } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { canonicalQuantity } from './canonical-quantity.ts';
import { childSchema } from './defaults.ts';

/** A pruned object, and the sorted paths of the removed fields, such as `spec.ports[0].foo`. */
export interface Pruned {
  /** The same object if nothing was removed. */
  readonly value: JsonObject;
  readonly unknown: readonly string[];
}

/** Fields of all objects, which custom resources need not declare. */
const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Drops fields unknown to the schema, and canonicalizes quantities. Map keys, and fields of objects that preserve
 * unknown fields, are kept.
 */
export function pruneUnknown(schema: OpenApiSchema, value: JsonObject): Pruned {
  const unknown: string[] = [];
  const pruned = prune({ ...pickFields(schema), 'x-kubernetes-embedded-resource': true }, value, '', unknown);
  return { value: isObject(pruned) ? pruned : value, unknown: unknown.toSorted() };
}

/** The relevant part of a schema; reading all members would resolve references unnecessarily. */
function pickFields(schema: OpenApiSchema): OpenApiSchema {
  const { properties, additionalProperties } = schema;
  const preserve = schema['x-kubernetes-preserve-unknown-fields'];
  return {
    type: 'object',
    ...(properties && { properties }),
    ...(additionalProperties !== undefined && { additionalProperties }),
    ...(preserve !== undefined && { 'x-kubernetes-preserve-unknown-fields': preserve }),
  };
}

function isAmount(value: Json, schema: OpenApiSchema | undefined): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && schema?.['x-go-type'] === 'resource.Quantity';
}

function prune(schema: OpenApiSchema | undefined, value: Json, path: string, unknown: string[]): Json {
  const preserves = schema?.['x-kubernetes-preserve-unknown-fields'] === true || schema?.additionalProperties === true;
  if (isList(value)) {
    if (preserves && !schema?.items) return value;
    return mapItems(value, (item, index) => prune(schema?.items, item, `${path}[${index}]`, unknown));
  }
  if (!isObject(value)) return isAmount(value, schema) ? canonicalQuantity(value) : value;
  return mapMembers(value, (member, key) => {
    const own = schema?.properties !== undefined && Object.hasOwn(schema.properties, key);
    const child = schema ? childSchema(schema, key) : undefined;
    const inner = path === '' ? key : `${path}.${key}`;
    if (schema?.['x-kubernetes-embedded-resource'] && META_FIELDS.has(key) && !own) return member;
    if (child) return prune(child, member, inner, unknown);
    if (preserves) return member;
    unknown.push(inner);
    return undefined;
  });
}
