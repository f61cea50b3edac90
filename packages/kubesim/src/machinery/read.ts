/** Accessors for JSON of unknown shape. Missing values and values of another type read as empty. */
import type { Json, JsonObject } from './json.ts';
import { isList, isObject } from './json.ts';

const EMPTY: JsonObject = {};
const NOTHING: readonly Json[] = [];

export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : EMPTY;
}

export function maybeObject(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : NOTHING;
}

/** The objects in a list. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return listOf(value).map(objectOf);
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The strings in a list. */
export function textsOf(value: Json | undefined): readonly string[] {
  return listOf(value).map(textOf);
}

/** The members of an object that are strings. */
export function textMap(value: Json | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([key, one]) => [key, textOf(one)]));
}

/** The number, or 0. */
export function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

export function maybeNumber(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((found, key) => objectOf(found)[key], value);
}

/** Whether a field counts as unset: absent, null or an empty string. */
export function isUnset(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '';
}

/** Fills unset fields from the defaults. Returns the same object if nothing is unset. */
export function withMissing(object: JsonObject, defaults: JsonObject): JsonObject {
  const missing = Object.entries(defaults).filter(([key, value]) => value !== undefined && isUnset(object[key]));
  return missing.length === 0 ? object : { ...object, ...Object.fromEntries(missing) };
}

/** Replaces one field if it is set. */
export function withField(object: JsonObject, key: string, change: (value: Json) => Json): JsonObject {
  const value = object[key];
  if (value === undefined || value === null) return object;
  const changed = change(value);
  return changed === value ? object : { ...object, [key]: changed };
}

/** Like {@link withField}, for each object in a list. */
export function withEach(object: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  return withField(object, key, (value) =>
    isList(value) ? value.map((one) => (isObject(one) ? change(one) : one)) : value,
  );
}

/** Like {@link withField}, for a member that is an object. */
export function withObject(object: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  return withField(object, key, (value) => (isObject(value) ? change(value) : value));
}

export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/**
 * Whether two values are semantically equal: an empty list, an empty object and null equal absence, as in Kubernetes.
 */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a) || isList(b)) {
    const [left, right] = [listOf(a), listOf(b)];
    if ((!isList(a) && !isEmpty(a)) || (!isList(b) && !isEmpty(b))) return false;
    return left.length === right.length && left.every((one, i) => sameValue(one, right[i]));
  }
  if (isObject(a) || isObject(b)) {
    if ((!isObject(a) && !isEmpty(a)) || (!isObject(b) && !isEmpty(b))) return false;
    const [left, right] = [objectOf(a), objectOf(b)];
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => sameValue(left[key], right[key]));
  }
  return isEmpty(a) && isEmpty(b);
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null;
}
