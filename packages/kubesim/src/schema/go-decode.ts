/** Type errors in fields of built-in resources, with the messages of the API server's decoder (Go, encoding/json). */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { childSchema } from './defaults.ts';
import { base64Problem, quantityProblem, timeProblem } from './go-text.ts';
import { goKind } from './golang.ts';

/**
 * The field that contains a value: `ServicePort` and `spec.ports.port`. List items and map keys have no path of their
 * own.
 */
interface Field {
  readonly struct: string;
  readonly path: string;
}

const INT32 = 2 ** 31;
const INT64 = 2 ** 63;
const GO_TIME = 'v1.Time';
const GO_MICRO_TIME = 'v1.MicroTime';

/**
 * The first type error, such as `json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type
 * int32`; undefined if there is none. In custom resources, only metadata is decoded this way.
 */
export function decodeProblem(schema: OpenApiSchema, value: JsonObject): string | undefined {
  if (schema['x-go-type'] !== undefined) return inObject(schema, value, '');
  const metadata = schema.properties?.metadata;
  return metadata && value.metadata !== undefined ? inValue(metadata, value.metadata, undefined) : undefined;
}

/** Like decodeProblem, for a value outside any struct field. */
export function valueProblem(schema: OpenApiSchema, value: Json): string | undefined {
  return inValue(schema, value, undefined);
}

function inObject(schema: OpenApiSchema, value: JsonObject, path: string): string | undefined {
  const struct = schema['x-go-type']?.split('.').at(-1) ?? '';
  for (const [key, member] of members(value)) {
    const child = childSchema(schema, key);
    if (!child) continue;
    const problem = inValue(child, member, { struct, path: path === '' ? key : `${path}.${key}` });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inValue(schema: OpenApiSchema, value: Json, field: Field | undefined): string | undefined {
  if (value === null || schema['x-kubernetes-preserve-unknown-fields']) return undefined;
  const { type } = schema;
  const name = schema['x-go-type'] ?? '';
  if (schema['x-kubernetes-int-or-string']) {
    return typeof value === 'string' ? undefined : (notInteger(value, INT32, field, 'int32') ?? undefined);
  }
  if (name === 'resource.Quantity') return quantityProblem(value);
  if (type === 'string') return inText(schema, value, field);
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : cannot(goKind(value), field, name);
  if (type === 'integer') return notInteger(value, schema.format === 'int32' ? INT32 : INT64, field, name);
  if (type === 'number') return typeof value === 'number' ? undefined : cannot(goKind(value), field, name);
  if (type === 'array') return inList(schema, value, field);
  if (isObject(value)) return inMembers(schema, value, field);
  return type === 'object' ? cannot(goKind(value), field, name) : undefined;
}

function inMembers(schema: OpenApiSchema, value: JsonObject, field: Field | undefined): string | undefined {
  const { properties, additionalProperties } = schema;
  if (properties) return inObject(schema, value, field?.path ?? '');
  if (typeof additionalProperties !== 'object') return undefined;
  for (const [, member] of members(value)) {
    const problem = inValue(additionalProperties, member, field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inList(schema: OpenApiSchema, value: Json, field: Field | undefined): string | undefined {
  const { items } = schema;
  if (!isList(value)) return cannot(goKind(value), field, schema['x-go-type'] ?? '');
  for (const item of items ? value : []) {
    const problem = items && inValue(items, item, field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inText(schema: OpenApiSchema, value: Json, field: Field | undefined): string | undefined {
  const name = schema['x-go-type'] ?? 'string';
  const time = name === GO_TIME || name === GO_MICRO_TIME;
  const bytes = schema.format === 'byte';
  if (typeof value !== 'string') return cannot(goKind(value), field, time ? 'string' : bytes ? '[]uint8' : name);
  if (time) return timeProblem(value, name === GO_MICRO_TIME);
  return bytes ? base64Problem(value) : undefined;
}

function notInteger(value: Json, limit: number, field: Field | undefined, name: string): string | undefined {
  if (typeof value !== 'number') return cannot(goKind(value), field, name);
  const fits = Number.isInteger(value) && value >= -limit && value < limit;
  return fits ? undefined : cannot(`number ${value}`, field, name);
}

function cannot(what: string, field: Field | undefined, type: string): string {
  const place = field ? `struct field ${field.struct}.${field.path}` : 'value';
  return `json: cannot unmarshal ${what} into Go ${place} of type ${type}`;
}
