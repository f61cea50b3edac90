/**
 * Whether a schema is structural: every field that it mentions is declared, with a type, outside anyOf, oneOf, allOf
 * and not. Source: Kubernetes documentation, CRDs, "Specifying a structural schema".
 */

import { type FieldError, fieldErrorText, forbidden, invalid, required } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { equalJson, isList, isObject, members } from '../machinery/json.ts';
import { objectOf, objectsOf, textOf } from '../machinery/read.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { patternProblem } from './pattern.ts';
import { pruneUnknown } from './prune.ts';
import { NO_PATH, validateValue } from './validate.ts';

type Level = 'root' | 'items' | 'field';

const INT_OR_STRING: Json = [{ type: 'integer' }, { type: 'string' }];

const UNTYPED: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  items: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** Members not allowed within anyOf, oneOf, allOf and not, with the message for each. */
const OUTSIDE_ONLY: readonly (readonly [name: string, must: string])[] = [
  ['type', 'must be empty'],
  ['additionalProperties', 'must be undefined'],
  ['default', 'must be undefined'],
  ['title', 'must be empty'],
  ['description', 'must be empty'],
  ['nullable', 'must be false'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false'],
  ['x-kubernetes-embedded-resource', 'must be false'],
  ['x-kubernetes-int-or-string', 'must be false'],
  ['x-kubernetes-list-map-keys', 'must be empty'],
  ['x-kubernetes-list-type', 'must be undefined'],
  ['x-kubernetes-map-type', 'must be undefined'],
  ['x-kubernetes-validations', 'must be empty'],
];

/** Errors that make a schema non-structural, sorted; if there are none, the errors of its defaults. */
export function structuralErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const errors = [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)];
  return errors.length > 0
    ? errors.toSorted((a, b) => (fieldErrorText(a) < fieldErrorText(b) ? -1 : 1))
    : defaultErrors(schema, path);
}

function invariants(schema: JsonObject, level: Level, path: string): readonly FieldError[] {
  const { type, items, properties, additionalProperties } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const errors: FieldError[] = [];
  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (isObject(items)) errors.push(...invariants(items, 'items', `${path}.items`));
  for (const [name, child] of members(objectOf(properties))) {
    if (level === 'root' && name === 'metadata') continue;
    if (isObject(child)) errors.push(...invariants(child, 'field', `${path}.properties[${name}]`));
  }
  if (additionalProperties !== undefined && level === 'root') {
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (isObject(additionalProperties)) {
    errors.push(...invariants(additionalProperties, 'field', `${path}.additionalProperties`));
  }
  const anyOf = equalJson(schema.anyOf, INT_OR_STRING);
  const first = objectsOf(schema.allOf)[0];
  const allOf = first !== undefined && equalJson(first.anyOf, INT_OR_STRING);
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  errors.push(...valueErrors(schema, path, anyOf && intOrString, allOf && intOrString));
  errors.push(...typeErrors(schema, level, path));
  if (embedded && additionalProperties !== undefined) {
    const why = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbidden(`${path}.additionalProperties`, why));
  }
  if (level === 'root' || embedded) errors.push(...metaErrors(objectOf(properties), level, path));
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (embedded && !preserves && members(objectOf(properties)).length === 0) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, why));
  }
  return errors;
}

function typeErrors(schema: JsonObject, level: Level, path: string): readonly FieldError[] {
  const type = textOf(schema.type);
  const where = `${path}.type`;
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    return [type === '' ? required(where, why) : invalid(where, type, why)];
  }
  const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === '') return free ? [] : [required(where, UNTYPED[level])];
  return level === 'root' && type !== 'object' ? [invalid(where, type, 'must be object at the root')] : [];
}

function metaErrors(properties: JsonObject, level: Level, path: string): readonly FieldError[] {
  const errors = ['kind', 'apiVersion'].flatMap((name) => {
    const property = properties[name];
    if (!isObject(property) || property.type === 'string') return [];
    return [invalid(`${path}.properties[${name}].type`, textOf(property.type), 'must be string')];
  });
  const { metadata } = properties;
  if (!isObject(metadata)) return errors;
  const where = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalid(`${where}.type`, textOf(metadata.type), 'must be object'));
  const { type: _type, properties: inner, description: _prose, default: _default, ...rest } = metadata;
  const named = members(objectOf(inner)).every(([name]) => name === 'name' || name === 'generateName');
  if (level === 'root' && (!named || members(rest).length > 0)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbidden(where, why));
  }
  return errors;
}

/** Errors of anyOf, oneOf, allOf, not and pattern. */
function valueErrors(schema: JsonObject, path: string, skipAnyOf: boolean, skipFirst: boolean): readonly FieldError[] {
  const each = (name: string, skip: boolean): readonly FieldError[] =>
    skip ? [] : objectsOf(schema[name]).flatMap((one, index) => nestedErrors(one, `${path}.${name}[${index}]`, false));
  const all = objectsOf(schema.allOf).flatMap((one, index) =>
    nestedErrors(one, `${path}.allOf[${index}]`, skipFirst && index === 0),
  );
  const pattern = textOf(schema.pattern);
  const broken = pattern === '' ? undefined : patternProblem(pattern);
  return [
    ...each('anyOf', skipAnyOf),
    ...all,
    ...each('oneOf', false),
    ...(isObject(schema.not) ? nestedErrors(schema.not, `${path}.not`, false) : []),
    ...(broken === undefined
      ? []
      : [invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${broken}`)]),
  ];
}

function nestedErrors(schema: JsonObject, path: string, skipAnyOf: boolean): readonly FieldError[] {
  const errors = [...valueErrors(schema, path, skipAnyOf, false)];
  if (isObject(schema.items)) errors.push(...nestedErrors(schema.items, `${path}.items`, false));
  for (const [name, child] of members(objectOf(schema.properties))) {
    if (isObject(child)) errors.push(...nestedErrors(child, `${path}.properties[${name}]`, false));
    if (name === 'metadata') {
      errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
    }
  }
  for (const [name, must] of OUTSIDE_ONLY) {
    const value = schema[name];
    const unset = value === undefined || value === false || value === '' || (isList(value) && value.length === 0);
    if (!unset) errors.push(forbidden(`${path}.${name}`, `${must} to be structural`));
  }
  return errors;
}

/** Fields in anyOf, oneOf, allOf and not must also be declared outside. */
function completeness(
  schema: JsonObject,
  outside: JsonObject | undefined,
  outsidePath: string,
  path: string,
): readonly FieldError[] {
  if (!outside) return [required(outsidePath, `because it is defined in ${path}`)];
  const nested = ['allOf', 'anyOf', 'oneOf'].flatMap((name) =>
    objectsOf(schema[name]).map((one, index) => [one, `${path}.${name}[${index}]`] as const),
  );
  const all = isObject(schema.not) ? [[schema.not, `${path}.not`] as const, ...nested] : nested;
  return all.flatMap(([one, inner]) => declared(one, outside, outsidePath, inner));
}

function declared(schema: JsonObject, outside: JsonObject, outsidePath: string, path: string): readonly FieldError[] {
  const errors = [...completeness(schema, outside, outsidePath, path)];
  const check = (child: JsonObject, other: Json | undefined, name: string): void => {
    const there = isObject(other) ? other : undefined;
    const where = `${outsidePath}.${name}`;
    if (there) errors.push(...declared(child, there, where, `${path}.${name}`));
    else errors.push(required(where, `because it is defined in ${path}.${name}`));
  };
  if (isObject(schema.items)) check(schema.items, outside.items, 'items');
  for (const [name, child] of members(objectOf(schema.properties))) {
    if (isObject(child)) check(child, objectOf(outside.properties)[name], `properties[${name}]`);
  }
  return errors;
}

/** Defaults must be valid by their own schema, and have no unknown fields. */
function defaultErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const { default: value, properties, items, additionalProperties } = schema;
  return [
    ...(value === undefined ? [] : defaultError(schema, value, `${path}.default`)),
    ...members(objectOf(properties)).flatMap(([name, child]) =>
      isObject(child) ? defaultErrors(child, `${path}.properties[${name}]`) : [],
    ),
    ...(isObject(items) ? defaultErrors(items, `${path}.items`) : []),
    ...(isObject(additionalProperties) ? defaultErrors(additionalProperties, `${path}.additionalProperties`) : []),
  ];
}

function defaultError(schema: JsonObject, value: Json, path: string): readonly FieldError[] {
  // A cast: the schema has been found structural.
  const typed = schema as OpenApiSchema;
  const { unknown } = pruneUnknown({ type: 'object', properties: { default: typed } }, { default: value });
  if (unknown.length > 0) return [invalid(path, value, 'must not have unknown fields')];
  return validateValue(typed, value).map((error) => ({
    ...error,
    path: error.path === NO_PATH ? path : `${path}${error.path.startsWith('[') ? '' : '.'}${error.path}`,
  }));
}
