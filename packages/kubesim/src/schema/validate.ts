/**
 * Schema validation of custom resources, with the messages of the API server. x-kubernetes-validations (CEL) are not
 * evaluated. Source: Kubernetes documentation, CRDs, "Validation"; OpenAPI v3 schema object.
 */

import type { FieldError } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members, ownMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { childSchema } from './defaults.ts';
import { duplicates } from './list-types.ts';
import { hasFormat } from './openapi-formats.ts';
import { matchesPattern } from './pattern.ts';

/** Shown by the API server in place of an empty path. */
export const NO_PATH = '<nil>';

/**
 * Validates a custom resource, or its part at `root`, such as `spec`. Metadata is skipped, since it is the same for all
 * objects.
 */
export function validateSchema(schema: OpenApiSchema, value: JsonObject, root = ''): readonly FieldError[] {
  return [...validate(schema, value, root), ...duplicates(schema, value, root)];
}

/** Validates any value; its own path is empty. */
export function validateValue(schema: OpenApiSchema, value: Json): readonly FieldError[] {
  return [...validate(schema, value, ''), ...duplicates(schema, value, '')];
}

function validate(schema: OpenApiSchema, value: Json, path: string): readonly FieldError[] {
  const wrongType = typeError(schema, value, path);
  if (value === null) return [...wrongType, ...enumError(schema, value, path)];
  return [
    ...wrongType,
    ...logic(schema, value, path),
    ...(typeof value === 'string' ? stringErrors(schema, value, path) : []),
    ...(typeof value === 'number' ? numberErrors(schema, value, path) : []),
    ...(isList(value) ? listErrors(schema, value, path) : []),
    ...enumError(schema, value, path),
    ...(isObject(value) ? objectErrors(schema, value, path) : []),
  ];
}

/** The OpenAPI type of a value. */
export function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? 'integer' : 'number';
  return typeof value;
}

function typeError(schema: OpenApiSchema, value: Json, path: string): readonly FieldError[] {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  const type = typeOf(value);
  if (types.length === 0 || types.includes(type)) return [];
  if (value === null && schema.nullable) return [];
  if (type === 'integer' && types.includes('number')) return [];
  const detail = `${inBody(path)} must be of type ${types.join(',')}: "${type}"`;
  return [{ type: 'TypeInvalid', path: pathOf(path), value: type, detail }];
}

function invalid(path: string, value: Json, rule: string): FieldError {
  return { type: 'Invalid', path: pathOf(path), value, detail: `${inBody(path)} ${rule}` };
}

function pathOf(path: string): string {
  return path === '' ? NO_PATH : path;
}

function inBody(path: string): string {
  return `${path} in body`;
}

function stringErrors(schema: OpenApiSchema, value: string, path: string): readonly FieldError[] {
  const { maxLength, minLength, pattern, format } = schema;
  const errors: FieldError[] = [];
  const length = [...value].length;
  // Only the first of these is reported.
  if (maxLength !== undefined && length > maxLength) {
    errors.push({ type: 'TooLong', path: pathOf(path), detail: `may not be more than ${maxLength} bytes` });
  } else if (minLength !== undefined && length < minLength) {
    errors.push(invalid(path, value, `should be at least ${minLength} chars long`));
  } else if (pattern !== undefined && !matchesPattern(pattern, value)) {
    errors.push(invalid(path, value, `should match '${pattern}'`));
  }
  if (format !== undefined && !hasFormat(format, value)) {
    errors.push({
      ...invalid(path, value, `must be of type ${format}: ${JSON.stringify(value)}`),
      type: 'TypeInvalid',
    });
  }
  return errors;
}

function numberErrors(schema: OpenApiSchema, value: number, path: string): readonly FieldError[] {
  const { multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum } = schema;
  const errors: FieldError[] = [];
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    errors.push(invalid(path, value, `should be a multiple of ${multipleOf}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(invalid(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`));
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(invalid(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`));
  }
  return errors;
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}

function listErrors(schema: OpenApiSchema, value: readonly Json[], path: string): readonly FieldError[] {
  const { items, minItems, maxItems, uniqueItems } = schema;
  const errors = items ? value.flatMap((item, index) => validate(items, item, `${path}[${index}]`)) : [];
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length) {
    errors.push(invalid(path, '', "shouldn't contain duplicates"));
  }
  return errors;
}

function tooMany(path: string, count: number, limit: number): FieldError {
  return { type: 'TooMany', path: pathOf(path), value: count, detail: `must have at most ${limit} items` };
}

function enumError(schema: OpenApiSchema, value: Json, path: string): readonly FieldError[] {
  const { enum: allowed } = schema;
  if (!allowed || (value === null && schema.nullable)) return [];
  const text = JSON.stringify(value);
  if (allowed.some((one) => JSON.stringify(one) === text)) return [];
  const names = allowed.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one)));
  return [{ type: 'NotSupported', path: pathOf(path), value, detail: `supported values: ${names.join(', ')}` }];
}

function objectErrors(schema: OpenApiSchema, value: JsonObject, path: string): readonly FieldError[] {
  const { minProperties, maxProperties, required = [] } = schema;
  const present = members(value);
  const errors: FieldError[] = [];
  if (minProperties !== undefined && present.length < minProperties) {
    errors.push(invalid(path, present.length, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && present.length > maxProperties) {
    errors.push(tooMany(path, present.length, maxProperties));
  }
  for (const [key, member] of present) {
    if (path === '' && key === 'metadata') continue;
    const child = childSchema(schema, key);
    if (child) errors.push(...validate(child, member, path === '' ? key : `${path}.${key}`));
  }
  const needed = schema['x-kubernetes-embedded-resource'] ? [...required, 'apiVersion', 'kind'] : required;
  for (const key of new Set(needed)) {
    if (ownMember(value, key) !== undefined) continue;
    errors.push({ type: 'Required', path: path === '' ? key : `${path}.${key}`, detail: '' });
  }
  return errors;
}

/** anyOf, oneOf, allOf and not. */
function logic(schema: OpenApiSchema, value: Json, path: string): readonly FieldError[] {
  const { anyOf, oneOf, allOf, not } = schema;
  const tried = (schemas: readonly OpenApiSchema[]) => schemas.map((one) => validate(one, value, path));
  const failed = (rule: string): FieldError => {
    return { type: 'Invalid', path: NO_PATH, value: '', detail: `${JSON.stringify(path)} must ${rule}` };
  };
  const errors: FieldError[] = [];
  const [first, ...others] = anyOf ? tried(anyOf) : [];
  if (first && [first, ...others].every((one) => one.length > 0)) {
    errors.push(failed('validate at least one schema (anyOf)'), ...first);
  }
  if (oneOf && oneOf.length > 0) {
    const results = tried(oneOf);
    const valid = results.filter((one) => one.length === 0).length;
    const found = valid === 0 ? 'none valid' : `${valid} valid alternatives`;
    if (valid !== 1) errors.push(failed(`validate one and only one schema (oneOf). Found ${found}`));
    if (valid === 0) errors.push(...(results[0] ?? []));
  }
  if (allOf && allOf.length > 0) {
    const results = tried(allOf);
    const bad = results.filter((one) => one.length > 0).length;
    errors.push(...results.flat());
    const none = bad === results.length ? '. None validated' : '';
    if (bad > 0) errors.push(failed(`validate all the schemas (allOf)${none}`));
  }
  if (not && validate(not, value, path).length === 0) errors.push(failed('not validate the schema (not)'));
  return errors;
}
