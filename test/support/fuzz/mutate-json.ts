import type { Json, JsonObject } from '../../../src/api/json.ts';
import { isJsonObject } from '../../../src/api/json.ts';
import { type Below, pick } from './random.ts';

/** Values that a field may have instead of its own. */
const ODD: readonly [Json, ...Json[]] = [
  null,
  ...[true, 0, -1, 1.5, 65_536, 2 ** 53, Number.MAX_VALUE, '', ' ', 'x', 'BAD HOST', '../..', '__proto__'],
  ...['10.1.0.9', '127.0.0.1', '::ffff:7f00:1', '1970-01-01T00:00:00Z', '\u0000\u001b[2J', '\ud800', 'é'.repeat(300)],
  ...['x'.repeat(5_000), [], {}, [null], [[]], [[[[[[[[]]]]]]]], { toString: 1 }, { length: -1 }, [0, '1', {}, []]],
];

/**
 * Stand for nested lists and objects, which recursive code cannot follow: see {@link deepened}. A client parses up to
 * 64 KiB without counting the depth.
 */
const DEEP: readonly [string, ...string[]] = ['deep:lists', 'deep:objects'];
const DEPTH = 5_000;

/** A value at two places would change at both. */
function copyOf(value: Json): Json {
  return JSON.parse(JSON.stringify(value));
}

interface Place {
  readonly parent: JsonObject | Json[];
  readonly key: string | number;
}

function placesIn(value: Json, places: Place[]): Place[] {
  if (Array.isArray(value)) {
    value.forEach((item, key) => {
      places.push({ parent: value as Json[], key });
      placesIn(item, places);
    });
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      places.push({ parent: value, key });
      if (item !== undefined) placesIn(item, places);
    }
  }
  return places;
}

/** Sets an own field, even one named `__proto__`. */
function define(fields: object, name: string, value: Json): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

/** JSON of mutated objects, with very deep values in some places. */
export function deepened(json: string): string {
  return json
    .replaceAll('"deep:lists"', () => `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`)
    .replaceAll('"deep:objects"', () => `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`);
}

/** A copy with one to four values replaced, removed, repeated, moved to another name or made very deep. */
export function mutateJson(object: JsonObject, below: Below): JsonObject {
  const copy: JsonObject = JSON.parse(JSON.stringify(object));
  for (let left = 1 + below(4); left > 0; left--) {
    const places = placesIn(copy, []);
    const place = places[below(Math.max(1, places.length))];
    if (place) change(place, below);
  }
  return copy;
}

function change({ parent, key }: Place, below: Below): void {
  if (Array.isArray(parent)) {
    const at = Number(key);
    const how = below(4);
    if (how === 0) parent.splice(at, 1);
    else if (how === 1) parent.push(...Array.from({ length: 1 + below(200) }, () => copyOf(parent[at] ?? null)));
    else parent[at] = oddValue(below);
    return;
  }
  const name = String(key);
  const fields: Record<string, Json | undefined> = parent;
  const how = below(8);
  if (how === 0) delete fields[name];
  else if (how === 1) define(fields, pick(['name', 'kind', 'constructor', 'x'], below), copyOf(fields[name] ?? null));
  else if (how === 2) define(fields, '__proto__', pick([{ polluted: true }, fields[name] ?? null, null], below));
  else define(fields, name, oddValue(below));
}

function oddValue(below: Below): Json {
  return below(16) === 0 ? pick(DEEP, below) : copyOf(pick(ODD, below));
}
