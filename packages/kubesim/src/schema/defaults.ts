/**
 * Defaulting on decode, as in the API server. Custom resources take their defaults from the schema. In built-in
 * resources, fields that are unset or have Go's zero value are also brought to the form that the API server writes.
 * Source: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions", Defaulting.
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, isZero, mapItems, mapMembers, members, ownMember, setMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';

/** Applies the defaults. Returns the same object if nothing is missing. */
export function withDefaults(schema: OpenApiSchema, value: JsonObject): JsonObject {
  const result = defaulted(schema, value);
  return isObject(result) ? result : value;
}

function defaulted(schema: OpenApiSchema, value: Json): Json {
  if (isList(value)) {
    const { items } = schema;
    return items ? mapItems(value, (item) => defaulted(items, filled(items, item) ?? item)) : value;
  }
  if (!isObject(value)) return value;
  const kept = mapMembers(value, (member, key) => {
    const child = childSchema(schema, key);
    if (!child) return member;
    const present = schema.properties?.[key] ? filled(child, member) : (filled(child, member) ?? orNull(child, member));
    return present === undefined ? undefined : written(child, defaulted(child, present));
  });
  return withMissing(schema, kept);
}

/** Adds missing fields. */
function withMissing(schema: OpenApiSchema, value: JsonObject): JsonObject {
  let result: Record<string, Json> | undefined;
  for (const [key, child, missing] of fillableFields(schema)) {
    if (ownMember(value, key) !== undefined) continue;
    result ??= copy(value);
    setMember(result, key, defaulted(child, missing));
  }
  return result ?? value;
}

type Fillable = readonly [key: string, schema: OpenApiSchema, value: Json];

const fillable = new WeakMap<OpenApiSchema, readonly Fillable[]>();

/** Fields written even if they are unset; computed once per schema, since few schemas have any. */
function fillableFields(schema: OpenApiSchema): readonly Fillable[] {
  const known = fillable.get(schema);
  if (known) return known;
  const found = Object.entries(schema.properties ?? {}).flatMap(([key, child]): Fillable[] => {
    const missing = child.default ?? (child['x-go-null'] ? null : undefined);
    return missing === undefined ? [] : [[key, child, missing]];
  });
  fillable.set(schema, found);
  return found;
}

/** A member with its default applied; undefined if it is to be omitted. */
function filled(schema: OpenApiSchema, member: Json): Json | undefined {
  const unset = member === null || (schema['x-go-value'] === true && isZero(member));
  if (!unset || (member === null && schema.nullable)) return member;
  return schema.default ?? (schema['x-go-null'] ? null : undefined);
}

/** Map values are kept if Go has a zero value for their type. */
function orNull(schema: OpenApiSchema, member: Json): Json | undefined {
  return schema['x-go-type'] === undefined ? undefined : member;
}

/** Go omits empty lists and maps. */
function written(schema: OpenApiSchema, value: Json): Json | undefined {
  if (schema['x-go-type'] === undefined || !isEmptyList(schema, value)) return value;
  return schema['x-go-null'] ? null : undefined;
}

function isEmptyList(schema: OpenApiSchema, value: Json): boolean {
  const list = schema.type === 'array' || (schema.type === 'object' && schema.additionalProperties !== undefined);
  return list && schema['x-kubernetes-preserve-unknown-fields'] !== true && typeof value === 'object' && isZero(value);
}

/** The schema of a member: a declared field, or a map value. */
export function childSchema(schema: OpenApiSchema, key: string): OpenApiSchema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function copy(value: JsonObject): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [key, member] of members(value)) setMember(result, key, member);
  return result;
}
