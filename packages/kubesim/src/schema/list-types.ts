/**
 * Duplicate items in lists of type set or map. Source: Kubernetes documentation, Server-Side Apply, "Merge strategy".
 */

import type { FieldError } from '../machinery/field-error.ts';
import type { Json } from '../machinery/json.ts';
import { isList, isObject, members, ownMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { childSchema } from './defaults.ts';

/** Errors for duplicate items at any depth of a value. */
export function duplicates(schema: OpenApiSchema, value: Json, path: string): readonly FieldError[] {
  if (isObject(value)) {
    return members(value).flatMap(([key, member]) => {
      const child = path === '' && key === 'metadata' ? undefined : childSchema(schema, key);
      const declared = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
      const inner = path === '' ? key : declared ? `${path}.${key}` : `${path}[${key}]`;
      return child ? duplicates(child, member, inner) : [];
    });
  }
  if (!isList(value)) return [];
  const { items } = schema;
  const own = listErrors(schema, value, path);
  return items ? [...own, ...value.flatMap((item, index) => duplicates(items, item, `${path}[${index}]`))] : own;
}

function listErrors(schema: OpenApiSchema, value: readonly Json[], path: string): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return repeated(value, path);
  if (type !== 'map') return [];
  const odd = value.findIndex((item) => item !== null && !isObject(item));
  if (odd >= 0) {
    const detail = 'must be an object for an array of list-type map';
    return [{ type: 'Invalid', path: `${path}[${odd}]`, value: value[odd] ?? null, detail }];
  }
  const names = (schema['x-kubernetes-list-map-keys'] ?? []).toSorted();
  const keys = value.map((item) => {
    const present = names.flatMap((name): [string, Json][] => {
      const key = isObject(item) ? ownMember(item, name) : undefined;
      return key === undefined ? [] : [[name, key]];
    });
    return Object.fromEntries(present);
  });
  return repeated(keys, path);
}

/** An error for the second of several equal items; none for further ones. */
function repeated(items: readonly Json[], path: string): readonly FieldError[] {
  const seen = new Map<string, number>();
  return items.flatMap((item, index): readonly FieldError[] => {
    const text = JSON.stringify(item);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return times === 2 ? [{ type: 'Duplicate', path: `${path}[${index}]`, value: item, detail: '' }] : [];
  });
}
