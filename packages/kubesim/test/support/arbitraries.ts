/** Arbitrary JSON, for property tests. */
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import { isList, isObject, members } from '../../src/machinery/json.ts';

const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, true, 0, 1, '', 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value')),
}));

/** Objects that often share member names. */
export const anyObject: fc.Arbitrary<JsonObject> = object;

/** The object without null members, at any depth outside lists. */
export function withoutNull(value: JsonObject): JsonObject {
  const kept = members(value).filter(([, member]) => member !== null);
  const change = (member: Json): Json => (isObject(member) && !isList(member) ? withoutNull(member) : member);
  return Object.fromEntries(kept.map(([key, member]) => [key, change(member)]));
}
