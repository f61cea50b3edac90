/**
 * Type errors that a strategic merge patch leaves in fields of built-in resources. The wording is that of the API
 * server's converter, which differs from its decoder's. Source: apimachinery, runtime.DefaultUnstructuredConverter.
 */
import type { Json } from '../machinery/json.ts';
import { isList, isObject, members } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { childSchema } from './defaults.ts';
import { valueProblem } from './go-decode.ts';
import { base64Problem } from './go-text.ts';
import { goType } from './golang.ts';

/** Types with custom unmarshalling. */
const OWN_READERS: ReadonlySet<string> = new Set(['resource.Quantity', 'v1.Time', 'v1.MicroTime']);

/** The first value that does not match its field's type; undefined if all match. */
export function conversionProblem(schema: OpenApiSchema, value: Json): string | undefined {
  if (value === null || schema['x-kubernetes-preserve-unknown-fields']) return undefined;
  const { type, format, properties, items, additionalProperties } = schema;
  const name = schema['x-go-type'] ?? '';
  if (schema['x-kubernetes-int-or-string'] || OWN_READERS.has(name)) return valueProblem(schema, value);
  if (format === 'byte') return bytesProblem(value);
  if (type === 'array') {
    if (!isList(value)) return `cannot restore slice from ${kindOf(value)}`;
    return items && firstProblem(value.map((item) => [items, item]));
  }
  if (type === 'object') {
    if (!isObject(value)) return `cannot restore ${properties ? 'struct from:' : 'map from'} ${kindOf(value)}`;
    const elements = typeof additionalProperties === 'object' ? additionalProperties : undefined;
    return firstProblem(members(value).map(([key, member]) => [childSchema(schema, key) ?? elements, member]));
  }
  const wanted = type === 'boolean' ? 'bool' : type === 'integer' ? (format ?? 'int64') : (type ?? '');
  return simpleProblem(value, wanted === 'number' ? 'float64' : wanted, name);
}

function bytesProblem(value: Json): string | undefined {
  if (typeof value !== 'string') return `cannot restore slice from ${kindOf(value)}`;
  const problem = base64Problem(value);
  return problem && `error decoding from json: ${problem}`;
}

function firstProblem(values: readonly (readonly [OpenApiSchema | undefined, Json])[]): string | undefined {
  for (const [schema, value] of values) {
    const problem = schema && conversionProblem(schema, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Go converts any integer to a string of one character, so this case needs its own check. */
function simpleProblem(value: Json, wanted: string, name: string): string | undefined {
  const given = kindOf(value);
  if (given === wanted || wanted === '') return undefined;
  if (typeof value !== 'number') return `unrecognized type: ${wanted}`;
  if (wanted !== 'string' && wanted !== 'bool')
    return wanted === 'float64' || Number.isInteger(value) ? undefined : `cannot convert ${given} to ${name}`;
  return wanted === 'string' && given === 'int64' ? `cannot convert int64 to ${name}` : `unrecognized type: ${wanted}`;
}

function kindOf(value: Json): string {
  if (isList(value)) return 'slice';
  return isObject(value) ? 'map' : goType(value);
}
