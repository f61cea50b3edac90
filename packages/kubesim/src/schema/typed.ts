/**
 * Schema semantics for server-side apply: whether a value is owned as a whole or in parts, and how list items are
 * identified. Source: Kubernetes documentation, Server-Side Apply, "Merge strategy".
 */
import type { Json } from '../machinery/json.ts';
import { isList, isObject, ownMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { childSchema } from './defaults.ts';
import { elementText } from './fieldset.ts';
import { goKind, goPrint } from './golang.ts';

export type Form = 'map' | 'list' | 'scalar';

/** The form defined by the schema; if it defines none, that of the value. */
export function formOf(schema: OpenApiSchema | undefined, value: Json | undefined): Form {
  if (schema?.['x-kubernetes-int-or-string']) return 'scalar';
  if (schema?.type === 'object') return 'map';
  if (schema?.type === 'array') return 'list';
  if (schema?.type !== undefined) return 'scalar';
  if (isList(value)) return 'list';
  return value === null || value === undefined || isObject(value) ? 'map' : 'scalar';
}

/** Whether a map or list is owned as a whole. */
export function isAtomic(schema: OpenApiSchema | undefined, form: Form): boolean {
  if (form === 'list') return !['set', 'map'].includes(schema?.['x-kubernetes-list-type'] ?? 'atomic');
  const raw = schema?.['x-go-type'] !== undefined && schema['x-kubernetes-preserve-unknown-fields'] === true;
  return raw || schema?.['x-kubernetes-map-type'] === 'atomic';
}

/**
 * The path element of an item in a list of type map or set.
 *
 * @throws RangeError with the reason if an item has none.
 */
export function itemElement(schema: OpenApiSchema | undefined, item: Json): string {
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
  if (schema?.['x-kubernetes-list-type'] !== 'map') {
    const odd = isObject(item) ? 'a map type' : isList(item) ? 'a list type' : 'an explicit null';
    if (typeof item !== 'object') return `v:${JSON.stringify(item)}`;
    if (isList(item)) throw new RangeError('not supported: associative list with lists as elements');
    throw new RangeError(`associative list without keys has an element that's ${odd}`);
  }
  if (item === null) throw new RangeError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new RangeError('associative list with keys may not have non-map elements');
  const present = keys.toSorted().flatMap((key): [string, Json][] => {
    const value = ownMember(item, key) ?? schema.items?.properties?.[key]?.default;
    return value === undefined ? [] : [[key, value]];
  });
  if (present.length === 0) {
    const names = keys.map((key) => JSON.stringify(key)).join(' ');
    throw new RangeError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:${JSON.stringify(Object.fromEntries(present))}`;
}

/** The schema of the value below a path element. */
export function elementSchema(schema: OpenApiSchema | undefined, element: string): OpenApiSchema | undefined {
  if (!schema) return undefined;
  return element.startsWith('f:') ? childSchema(schema, element.slice(2)) : schema.items;
}

/** Whether a field is declared by name, rather than being a map key. */
export function isDeclared(schema: OpenApiSchema | undefined, element: string): boolean {
  return (
    element.startsWith('f:') && schema?.properties !== undefined && Object.hasOwn(schema.properties, element.slice(2))
  );
}

/** A problem of an applied configuration, with a path such as `.spec.ports`. */
export interface TypeProblem {
  readonly path: string;
  readonly problem: string;
}

/** Mismatches between an applied configuration and its schema. */
export function typeProblems(schema: OpenApiSchema | undefined, value: Json, path = ''): readonly TypeProblem[] {
  if (value === null) return [];
  const form = formOf(schema, value);
  if (form === 'scalar') return scalarProblems(schema, value, path);
  if (form === 'list') {
    return isList(value)
      ? listProblems(schema, value, path)
      : [{ path, problem: `expected list, got ${goValue(value)}` }];
  }
  if (!isObject(value)) return [{ path, problem: `expected map, got ${goValue(value)}` }];
  const open = !schema || isOpen(schema);
  return Object.entries(value).flatMap(([key, member]) => {
    const inner = `${path}.${key}`;
    if (member === undefined) return [];
    const child = elementSchema(schema, `f:${key}`);
    if (!child && !open) return [{ path: inner, problem: 'field not declared in schema' }];
    return typeProblems(child, member, inner);
  });
}

function isOpen(schema: OpenApiSchema): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema.type === undefined) return true;
  return schema.properties === undefined && schema.additionalProperties === undefined;
}

function listProblems(schema: OpenApiSchema | undefined, value: readonly Json[], path: string): readonly TypeProblem[] {
  const atomic = isAtomic(schema, 'list');
  const seen = new Set<string>();
  return value.flatMap((item, index): readonly TypeProblem[] => {
    if (atomic) return typeProblems(schema?.items, item, `${path}[${index}]`);
    let element: string;
    try {
      element = itemElement(schema, item);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return [{ path, problem: `element ${index}: ${error.message}` }];
    }
    const text = elementText(element);
    const twice = seen.has(element);
    seen.add(element);
    if (twice) return [{ path, problem: `duplicate entries for key ${text}` }];
    return typeProblems(schema?.items, item, `${path}${text}`);
  });
}

function scalarProblems(schema: OpenApiSchema | undefined, value: Json, path: string): readonly TypeProblem[] {
  const type = schema?.type;
  const wrong = (expected: string): readonly TypeProblem[] => [{ path, problem: `expected ${expected}` }];
  if (typeof value === 'object') return wrong(`scalar, got ${goValue(value)}`);
  if ((type === 'integer' || type === 'number') && typeof value !== 'number') {
    return wrong(`numeric (int or float), got ${goKind(value) === 'bool' ? 'boolean' : goKind(value)}`);
  }
  if (type === 'string' && typeof value !== 'string') return wrong(`string, got ${goValue(value)}`);
  if (type === 'boolean' && typeof value !== 'boolean') return wrong(`boolean, got ${goValue(value)}`);
  return [];
}

/** A value formatted as in these messages, which expose a wrapper type of the API server. */
function goValue(value: Json): string {
  return typeof value === 'object' || typeof value === 'string'
    ? `&{${goPrint(value)}}`
    : `&value.valueUnstructured{Value:${goPrint(value)}}`;
}
