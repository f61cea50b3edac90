/** Go's names and formats of JSON values, as they appear in messages of the API server. */
import type { Json } from '../machinery/json.ts';
import { isList, isObject, members } from '../machinery/json.ts';

/** The decoder's name for the type of a value: `string`, `number`, `bool`, `object`, `array`, `null`. */
export function goKind(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** A value formatted with `%v`: `map[a:1 b:[x y]]`. */
export function goPrint(value: Json): string {
  if (value === null) return '<nil>';
  if (isList(value)) return `[${value.map(goPrint).join(' ')}]`;
  if (!isObject(value)) return `${value}`;
  const sorted = members(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${sorted.map(([key, member]) => `${key}:${goPrint(member)}`).join(' ')}]`;
}

/** The type of a decoded value formatted with `%T`. */
export function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (isList(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
