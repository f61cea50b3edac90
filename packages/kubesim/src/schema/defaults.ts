/**
 * Defaults, as an API server gives them while it decodes an object. For custom resources they are those of the schema.
 * For built-in ones a field that is not set, or set to Go's zero value, is also brought to the form in which the API
 * server writes it. Source: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions", Defaulting.
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, isZero, mapItems, mapMembers, members, ownMember, setMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';

/** The object with defaults; the same object where it has them all. */
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

/** Adds fields that are not there. */
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

/** Fields that are written even where nobody set them; found once a schema, since few have any. */
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

/** A member with the default in place of nothing; undefined where it is to go. */
function filled(schema: OpenApiSchema, member: Json): Json | undefined {
  const unset = member === null || (schema['x-go-value'] === true && isZero(member));
  if (!unset || (member === null && schema.nullable)) return member;
  return schema.default ?? (schema['x-go-null'] ? null : undefined);
}

/** Values of maps are kept, where Go has a zero value for them. */
function orNull(schema: OpenApiSchema, member: Json): Json | undefined {
  return schema['x-go-type'] === undefined ? undefined : member;
}

/** Go writes lists and maps without members as if they were not there. */
function written(schema: OpenApiSchema, value: Json): Json | undefined {
  if (schema['x-go-type'] === undefined || !isEmptyList(schema, value)) return value;
  return schema['x-go-null'] ? null : undefined;
}

function isEmptyList(schema: OpenApiSchema, value: Json): boolean {
  const list = schema.type === 'array' || (schema.type === 'object' && schema.additionalProperties !== undefined);
  return list && schema['x-kubernetes-preserve-unknown-fields'] !== true && typeof value === 'object' && isZero(value);
}

/** The schema of a member: a field's, or the one of the values of a map. */
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
