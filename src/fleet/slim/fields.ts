/**
 * Checks of single fields of parsed JSON, from which the schemas of slim copies are built. Each returns the value with
 * its type or throws a Misfit. `null` counts as absent, as it does for an API server.
 *
 * Hand-written, because they run for every object that is kept: on an EndpointSlice of 100 endpoints a zod schema takes
 * several times as long (ADR 0011).
 */
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';
import type { StringMap } from '../../api/meta.ts';
import { Misfit, shown } from '../../kube/watch/misfit.ts';

/** A value under construction. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

export type Present = Exclude<Json, null>;

export function isSet(value: Json | undefined): value is Present {
  return value !== undefined && value !== null;
}

/** An absent object is empty. */
export function optionalObject(value: Json | undefined, field: string): JsonObject {
  return isSet(value) ? object(value, field) : {};
}

export function object(value: Json | undefined, field: string): JsonObject {
  if (!isJsonObject(value)) throw new Misfit(field, `${shown(value)} is not an object`);
  return value;
}

/** `most` is the maximum number of characters. */
export function text(value: Json | undefined, field: string, most: number): string {
  if (typeof value !== 'string') throw new Misfit(field, `${shown(value)} is not a text`);
  if (value.length > most) throw new Misfit(field, `has ${value.length} characters, more than ${most}`);
  return value;
}

/** A text that `fits`; `what` describes such a text: `a DNS label`. */
export function textOf(value: Json | undefined, field: string, fits: (text: string) => boolean, what: string): string {
  if (typeof value === 'string' && fits(value)) return value;
  throw new Misfit(field, `${shown(value)} is not ${what}`);
}

export function oneOf<T extends string>(value: Json | undefined, field: string, allowed: readonly T[]): T {
  for (const candidate of allowed) if (candidate === value) return candidate;
  throw new Misfit(field, `${shown(value)} is not ${allowed.join(' or ')}`);
}

export function integer(value: Json | undefined, field: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const is = typeof value === 'number' ? String(value) : shown(value);
  throw new Misfit(field, `${is} is not a whole number from ${least} to ${most}`);
}

export function flag(value: Json | undefined, field: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new Misfit(field, `${shown(value)} is not true or false`);
}

const TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Whether a text is a time in RFC 3339. */
export function isTime(text: string): boolean {
  return text.length <= 40 && TIME.test(text);
}

/** Each item of a list; an absent list is empty. `most` is the maximum number of items. */
export function list<T>(value: Json | undefined, field: string, most: number, each: (item: Json) => T): readonly T[] {
  if (!isSet(value)) return [];
  if (!Array.isArray(value)) throw new Misfit(field, `${shown(value)} is not a list`);
  if (value.length > most) throw new Misfit(field, `has ${value.length} items, more than ${most}`);
  const items: T[] = [];
  try {
    for (const item of value) items.push(each(item));
  } catch (error) {
    throw error instanceof Misfit ? error.within(`${field}[${items.length}]`) : error;
  }
  return items;
}

/** In characters. */
export interface MapLimits {
  readonly key: number;
  readonly value: number;
  /** Of all keys and values. */
  readonly total: number;
}

/** Undefined for an absent or empty map. */
export function stringMap(value: Json | undefined, field: string, limits: MapLimits): StringMap | undefined {
  if (!isSet(value)) return undefined;
  let length = 0;
  let map: Record<string, string> | undefined;
  const entries = object(value, field);
  for (const key of Object.keys(entries)) {
    const item = entries[key];
    if (typeof item !== 'string') throw new Misfit(`${field}[${shown(key)}]`, `${shown(item)} is not a text`);
    if (key.length > limits.key || item.length > limits.value) {
      throw new Misfit(`${field}[${shown(key)}]`, 'is too long');
    }
    length += key.length + item.length;
    if (length > limits.total) throw new Misfit(field, `has more than ${limits.total} characters`);
    // Assigning to this key would change the prototype. No API server accepts it.
    if (key === '__proto__') throw new Misfit(`${field}[${shown(key)}]`, 'is not a key');
    map ??= {};
    map[key] = item;
  }
  return map;
}
