/** Merging of an applied configuration into an object: its values win, everything else is kept. */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members, ownMember, setMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { elementSchema, type Form, formOf, isAtomic, itemElement } from './typed.ts';

export function mergeApplied(schema: OpenApiSchema, live: JsonObject, applied: JsonObject): JsonObject {
  const result = merge(schema, live, applied);
  return isObject(result) ? result : {};
}

type Value = Json | undefined;

function merge(schema: OpenApiSchema | undefined, live: Value, applied: Value): Value {
  const form = formOf(schema, applied === undefined ? live : applied);
  if (form === 'scalar' || isAtomic(schema, form) || (isBare(form, live) && isBare(form, applied))) {
    return applied === undefined ? live : applied;
  }
  if (form === 'list') return mergeItems(schema, isList(live) ? live : [], isList(applied) ? applied : []);
  const left = isObject(live) ? live : {};
  const right = isObject(applied) ? applied : {};
  const result: Record<string, Json> = {};
  for (const key of new Set([...members(left), ...members(right)].map(([name]) => name))) {
    const merged = merge(elementSchema(schema, `f:${key}`), ownMember(left, key), ownMember(right, key));
    if (merged !== undefined) setMember(result, key, merged);
  }
  return members(result).length > 0 ? result : undefined;
}

function isBare(form: Form, value: Value): boolean {
  if (form === 'list') return !isList(value) || value.length === 0;
  return !isObject(value) || members(value).length === 0;
}

/**
 * Items of both lists, each in its order: shared items in the order of the configuration, and each item of the object
 * alone before the shared item that followed it.
 */
function mergeItems(schema: OpenApiSchema | undefined, live: readonly Json[], applied: readonly Json[]): Value {
  const wanted = new Map(applied.map((item) => [itemElement(schema, item), item]));
  const elements = live.map((item) => itemElement(schema, item));
  const known = Map.groupBy(live.entries(), ([index]) => elements[index] ?? '');
  const order = [...wanted.keys()];
  const shared = order.filter((element) => known.has(element));
  const done = new Set<string>();
  const result: Json[] = [];
  const take = (element: string, old: Value, now: Value): void => {
    const merged = merge(schema?.items, old, now);
    if (merged !== undefined) result.push(merged);
    if (now !== undefined) done.add(element);
  };
  const takeApplied = (element: string): void => {
    const same = known.get(element) ?? [];
    // Duplicate items cannot be merged into.
    take(element, same.length > 1 ? null : same[0]?.[1], wanted.get(element));
    if (shared[0] === element) shared.shift();
  };
  let next = 0;
  for (let index = 0; index < live.length || next < order.length; ) {
    const own = elements[index];
    const asked = order[next];
    if (own !== undefined && asked !== undefined) {
      if (own === asked) {
        takeApplied(own);
        index++;
        next++;
        continue;
      }
      if (wanted.has(own) && shared[0] !== undefined && shared[0] !== own) {
        index++;
        continue;
      }
    }
    if (own !== undefined) {
      if (!wanted.has(own)) {
        take(own, live[index], undefined);
        index++;
        continue;
      }
      if (done.has(own)) index++;
    }
    if (asked !== undefined) {
      takeApplied(asked);
      next++;
    }
  }
  return result.length > 0 ? result : undefined;
}
