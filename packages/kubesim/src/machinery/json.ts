/** JSON values and their structural operations. */

/** A JSON value as exchanged with an API server. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A JSON object; undefined members are omitted on the wire. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Whether a value is an object, and neither a list nor null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The defined members of an object, in order. */
export function members(value: JsonObject): readonly (readonly [string, Json])[] {
  const present: (readonly [string, Json])[] = [];
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member !== undefined) present.push([key, member]);
  }
  return present;
}

/** Maps the members of an object, and omits those that become undefined. Returns the same object if nothing changes. */
export function mapMembers(value: JsonObject, change: (member: Json, key: string) => Json | undefined): JsonObject {
  let changed = false;
  const result: Record<string, Json> = {};
  for (const [key, member] of members(value)) {
    const next = change(member, key);
    if (next !== member) changed = true;
    if (next !== undefined) setMember(result, key, next);
  }
  return changed ? result : value;
}

/** Sets a member, even if it is named `__proto__`. */
export function setMember(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

/** Maps the items of a list. Returns the same list if nothing changes. */
export function mapItems(value: readonly Json[], change: (item: Json, index: number) => Json): readonly Json[] {
  const result = value.map(change);
  return result.every((item, index) => item === value[index]) ? value : result;
}

/** Deep equality, regardless of member order; an undefined member equals an absent one. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const left = members(a);
  return left.length === members(b).length && left.every(([key, member]) => equalJson(member, ownMember(b, key)));
}

/** An own member, ignoring inherited ones. */
export function ownMember(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Whether a value is a zero value of Go: `""`, 0, false, or absent. */
export function isZero(value: Json | undefined): boolean {
  if (isList(value)) return value.length === 0;
  if (isObject(value)) return members(value).length === 0;
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}

/** String maps: labels and annotations. */
export type StringMap = Readonly<Record<string, string>>;

/** @throws SyntaxError */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}
