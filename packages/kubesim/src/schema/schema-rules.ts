/**
 * Validation of schemas in CRDs, with the messages of the API server. Source: Kubernetes documentation, CRDs,
 * "Validation".
 */

import { type FieldError, forbidden, invalid, notSupported, required } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members } from '../machinery/json.ts';
import { objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const LIST_TYPES = ['atomic', 'set', 'map'];
const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** Members of JSON Schema that CRDs do not support. */
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];

/** Errors of a schema and its descendants. */
export function schemaErrors(schema: JsonObject, path: string): readonly FieldError[] {
  return walk(schema, path, undefined, true);
}

/** `noDefaults`: why defaults are forbidden here. */
function walk(
  schema: Json | undefined,
  path: string,
  noDefaults: string | undefined,
  root = false,
): readonly FieldError[] {
  if (!isObject(schema)) return [];
  const inner = (child: Json | undefined, name: string): readonly FieldError[] =>
    walk(child, `${path}.${name}`, noDefaults);
  const each = (name: string): readonly FieldError[] =>
    objectsOf(schema[name]).flatMap((child, index) => inner(child, `${name}[${index}]`));
  return [
    ...plainErrors(schema, path, noDefaults),
    ...inner(schema.additionalProperties, 'additionalProperties'),
    ...members(objectOf(schema.properties)).flatMap(([name, child]) =>
      walk(child, `${path}.properties[${name}]`, root && META_FIELDS.has(name) ? `in top-level ${name}` : noDefaults),
    ),
    ...inner(schema.not, 'not'),
    ...each('allOf'),
    ...each('oneOf'),
    ...each('anyOf'),
    ...inner(schema.items, 'items'),
    ...extensionErrors(schema, path),
  ];
}

function plainErrors(schema: JsonObject, path: string, noDefaults: string | undefined): readonly FieldError[] {
  const { type = '', properties, additionalProperties, uniqueItems, items } = schema;
  const errors: FieldError[] = [];
  if (type !== '' && !TYPES.includes(textOf(type))) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined) {
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`));
  }
  for (const name of UNSUPPORTED) {
    if (schema[name] !== undefined) errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (type === 'null') {
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  }
  if (isList(items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, why));
  }
  const some = members(objectOf(properties)).length > 0;
  if (some && (additionalProperties === false || isObject(additionalProperties))) {
    const why = 'additionalProperties and properties are mutual exclusive';
    errors.push(forbidden(`${path}.additionalProperties`, why));
  }
  return errors;
}

function extensionErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const preserve = schema['x-kubernetes-preserve-unknown-fields'];
  const mapType = schema['x-kubernetes-map-type'];
  const errors: FieldError[] = [];
  if (preserve === false) {
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  if (mapType !== undefined) {
    errors.push(...typeErrors(schema, path, 'object', 'x-kubernetes-map-type'));
    if (mapType !== 'atomic' && mapType !== 'granular') {
      errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
    }
  }
  return [...errors, ...listErrors(schema, path)];
}

function typeErrors(schema: JsonObject, path: string, type: string, extension: string): readonly FieldError[] {
  const why = `must be ${type} if ${extension} is specified`;
  if (schema.type === type) return [];
  return [textOf(schema.type) === '' ? required(`${path}.type`, why) : invalid(`${path}.type`, schema.type, why)];
}

function listErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  const keys = textsOf(schema['x-kubernetes-list-map-keys']);
  const items = objectOf(schema.items);
  const errors: FieldError[] = [];
  if (type !== undefined) {
    errors.push(...typeErrors(schema, path, 'array', 'x-kubernetes-list-type'));
    if (!LIST_TYPES.includes(textOf(type)))
      errors.push(notSupported(`${path}.x-kubernetes-list-type`, type, LIST_TYPES));
  }
  if (type === 'set' && schema.type === 'array') errors.push(...setErrors(items, path));
  if (keys.length > 0 && type !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const where = `${path}.x-kubernetes-list-type`;
    errors.push(type === undefined ? required(where, why) : invalid(where, type, why));
  }
  if (type === 'map') errors.push(...mapErrors(schema, items, keys, path));
  if ((type === 'set' || type === 'map') && items.nullable === true) {
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`));
  }
  if (type === 'map') errors.push(...keyErrors(items, keys, path));
  return errors;
}

function setErrors(items: JsonObject, path: string): readonly FieldError[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalid(`${path}.items.x-kubernetes-list-type`, listType, why)];
  }
  const atomic = items.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic';
  return atomic ? [] : [invalid(`${path}.items.x-kubernetes-map-type`, listType, why)];
}

function mapErrors(
  schema: JsonObject,
  items: JsonObject,
  keys: readonly string[],
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (keys.length === 0) {
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  }
  if (schema.items === undefined) {
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    return errors;
  }
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalid(`${path}.items.type`, textOf(items.type), why)];
  }
  const properties = objectOf(items.properties);
  for (const key of keys) {
    const property = properties[key];
    if (property === undefined) {
      const why = 'entries must all be names of item properties';
      errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, [...keys], why));
    } else if (['array', 'object'].includes(textOf(objectOf(property).type))) {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, why));
    }
  }
  if (new Set(keys).size < keys.length) {
    const repeated = keys.find((key, index) => keys.indexOf(key) < index) ?? '';
    const index = keys.lastIndexOf(repeated);
    errors.push({
      type: 'Duplicate',
      path: `${path}.x-kubernetes-list-map-keys[${index}]`,
      value: repeated,
      detail: '',
    });
  }
  return errors;
}

function keyErrors(items: JsonObject, keys: readonly string[], path: string): readonly FieldError[] {
  return keys.flatMap((key) => {
    const property = objectOf(items.properties)[key];
    if (!isObject(property)) return [];
    const where = `${path}.items.properties[${key}]`;
    const errors: FieldError[] = [];
    if (!textsOf(items.required).includes(key) && property.default === undefined) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${where}.default`, why));
    }
    if (property.nullable === true) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(forbidden(`${where}.nullable`, why));
    }
    return errors;
  });
}
