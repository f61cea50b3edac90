/**
 * Strategic merge patch: lists are merged by a key from the schema, and directives delete, replace and reorder. Source:
 * Kubernetes documentation, "Update API Objects in Place Using kubectl patch"; SIG API Machinery, "Strategic Merge
 * Patch". Directives: `$patch`, `$retainKeys`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`.
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { equalJson, isList, isObject, members, ownMember, setMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import { childSchema } from './defaults.ts';
import { goKind, goPrint, goType } from './golang.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ORDER = '$setElementOrder/';
const REJECTED = 'the server rejected our request due to an error in our request';
const DELETE = '$deleteFromPrimitiveList/';

/**
 * Applies a strategic merge patch to an object of a built-in kind.
 *
 * @throws StatusError 400 if the patch is not an object or has a malformed directive, 500 for failures without a
 * specific code in the API server, such as an item without its key.
 */
export function strategicMergePatch(schema: OpenApiSchema, value: JsonObject, patch: Json): JsonObject {
  if (!isObject(patch)) {
    throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`);
  }
  return mergeObject(schema, value, patch);
}

function mergeObject(schema: OpenApiSchema | undefined, value: JsonObject, patch: JsonObject): JsonObject {
  const directive = ownMember(patch, PATCH);
  if (directive === 'replace') return without(patch, PATCH);
  if (directive === 'delete') return {};
  if (directive !== undefined) throw unknownDirective(directive, patch);
  const result = retained(value, patch);
  const ordered = new Set<string>();
  for (const [key, order] of members(patch)) {
    if (!key.startsWith(ORDER)) continue;
    const list = key.slice(ORDER.length);
    ordered.add(list);
    const merged = mergeOrdered(fieldOf(schema, list), ownMember(result, list), ownMember(patch, list), order);
    if (merged) setMember(result, list, merged);
  }
  for (const [key, change] of members(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(ORDER) || ordered.has(key)) continue;
    if (key.startsWith(DELETE)) deleteItems(result, key, change);
    else mergeMember(fieldOf(schema, key), result, key, change);
  }
  return result;
}

function mergeMember(schema: OpenApiSchema | undefined, result: Record<string, Json>, key: string, change: Json): void {
  const old = ownMember(result, key);
  const strategy = strategyOf(schema);
  let next: Json | undefined;
  if (change === null) next = undefined;
  else if (isObject(old) && isObject(change)) {
    next = strategy === 'replace' ? change : mergeObject(schema, old, change);
  } else if (isList(old) && isList(change)) {
    next = strategy === 'merge' ? mergeList(schema, old, change) : change;
  } else next = withoutDirectives(old === undefined || goKind(old) !== goKind(change) ? withoutNulls(change) : change);
  if (next === undefined) delete result[key];
  else setMember(result, key, next);
}

/** A copy of the object with the members listed in `$retainKeys`; all members without that directive. */
function retained(value: JsonObject, patch: JsonObject): Record<string, Json> {
  const result: Record<string, Json> = {};
  const keys = ownMember(patch, RETAIN_KEYS);
  if (keys !== undefined) {
    const unlisted = ([key, member]: readonly [string, Json]): boolean =>
      key !== RETAIN_KEYS &&
      member !== null &&
      !key.startsWith(DELETE) &&
      !key.startsWith(ORDER) &&
      !(isList(keys) && keys.includes(key));
    if (!isList(keys) || members(patch).some(unlisted)) throw badRequest('invalid patch format of retainKeys');
  }
  for (const [key, member] of members(value)) {
    if (!isList(keys) || keys.includes(key)) setMember(result, key, member);
  }
  return result;
}

function deleteItems(result: Record<string, Json>, key: string, items: Json): void {
  const list = key.slice(DELETE.length);
  const old = ownMember(result, list);
  if (!isList(items)) throw badRequest('invalid patch format of primitive list');
  if (isList(old))
    setMember(
      result,
      list,
      old.filter((item) => !items.includes(item)),
    );
}

/** Merges a list and sorts it by `$setElementOrder`; undefined if there is nothing to merge. */
function mergeOrdered(
  schema: OpenApiSchema | undefined,
  old: Json | undefined,
  change: Json | undefined,
  order: Json,
): readonly Json[] | undefined {
  for (const list of [order, old, change]) {
    if (list !== undefined && list !== null && !isList(list)) {
      throw failed(`expected a []interface {}, but received a ${goType(list)}`);
    }
  }
  if (!isList(order)) throw badRequest('invalid patch format of setElementOrder list');
  const key = schema?.['x-kubernetes-patch-merge-key'];
  const before = isList(old) ? old : undefined;
  const after = isList(change) ? change : undefined;
  checkOrder(after ?? [], order, key);
  if (!before && !after) return undefined;
  const merged = !after ? before : !before ? withoutDirectives(after) : mergedOrReplaced(schema, before, after);
  return isList(merged) ? inOrder(merged, order, before ?? [], key) : undefined;
}

function mergedOrReplaced(schema: OpenApiSchema | undefined, old: readonly Json[], change: readonly Json[]) {
  return strategyOf(schema) === 'merge' ? mergeList(schema, old, change) : change;
}

/** The items of a patch must be in the order that it specifies. */
function checkOrder(items: readonly Json[], order: readonly Json[], key: string | undefined): void {
  const kept = key === undefined ? items : items.filter((item) => !isObject(item) || !(PATCH in item));
  if (kept.length === 0 || order.length === 0) return;
  let next = 0;
  for (const item of order) if (next < kept.length && sameKey(kept[next], item, key)) next += 1;
  if (next === kept.length) return;
  throw failed(
    `The order in patch list:\n${goPrint(items)}\n doesn't match ${ORDER.slice(0, -1)} list:\n${goPrint(order)}\n`,
  );
}

function mergeList(schema: OpenApiSchema | undefined, old: readonly Json[], change: readonly Json[]): readonly Json[] {
  const kinds = new Set([...old, ...change].map(goType));
  if (kinds.has('[]interface {}')) throw new StatusError(422, 'Invalid', REJECTED, {});
  if (kinds.size > 1) throw failed(`list element types are not identical: ${goPrint([old, change])}`);
  if (!kinds.has('map[string]interface {}')) {
    const both = [...new Set([...old, ...change])];
    return inOrder(both, change, old, undefined);
  }
  const key = schema?.['x-kubernetes-patch-merge-key'];
  if (key === undefined) throw failed(`cannot merge lists without merge key for ${schema?.['x-go-type'] ?? ''}`);
  const { items, kept } = specialItems(old, change, key);
  const merged = [...kept];
  for (const item of items) {
    const value = keyOf(item, key);
    const index = merged.findIndex((other) => isObject(other) && equalJson(ownMember(other, key), value));
    const found = merged[index];
    if (isObject(found)) merged[index] = mergeObject(schema?.items, found, item);
    else merged.push(item);
  }
  return inOrder(merged, items, kept, key);
}

/** Applies the items of a patch that contain `$patch`. */
function specialItems(old: readonly Json[], change: readonly Json[], key: string) {
  let kept = old;
  let replace = false;
  const items: JsonObject[] = [];
  for (const item of change) {
    if (!isObject(item)) throw failed(`expected a map[string]interface {}, but received a ${goType(item)}`);
    const directive = ownMember(item, PATCH);
    if (directive === undefined) items.push(item);
    else if (directive === 'replace') replace = true;
    else if (directive === 'delete') {
      const value = keyOf(item, key);
      kept = kept.filter((other) => !isObject(other) || !equalJson(ownMember(other, key), value));
    } else if (directive === 'merge') throw failed('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive, item);
  }
  return replace ? { kept: items, items: [] } : { kept, items };
}

/**
 * Sorts the items in the patch by its order, and the remaining ones by their own; if both items were in the original
 * list, its order decides.
 */
function inOrder(
  list: readonly Json[],
  wanted: readonly Json[],
  before: readonly Json[],
  key: string | undefined,
): readonly Json[] {
  const indexIn = (items: readonly Json[], item: Json): number => items.findIndex((other) => sameKey(item, other, key));
  const by = (items: readonly Json[]) => (a: Json, b: Json) => indexIn(items, a) - indexIn(items, b);
  if (key !== undefined) for (const item of list) keyOf(item, key);
  const named = list.filter((item) => indexIn(wanted, item) >= 0).toSorted(by(wanted));
  const others = list.filter((item) => indexIn(wanted, item) < 0).toSorted(by(before));
  const result: Json[] = [];
  for (const item of named) {
    const place = indexIn(before, item);
    for (let next = others[0]; next !== undefined && place >= 0; next = others[0]) {
      const own = indexIn(before, next);
      if (own < 0 || own >= place) break;
      result.push(next);
      others.shift();
    }
    result.push(item);
  }
  return [...result, ...others];
}

function sameKey(a: Json | undefined, b: Json | undefined, key: string | undefined): boolean {
  if (key === undefined) return equalJson(a, b);
  return isObject(a) && isObject(b) && equalJson(ownMember(a, key), ownMember(b, key));
}

function keyOf(item: Json, key: string): Json {
  const value = isObject(item) ? ownMember(item, key) : undefined;
  if (value === undefined) throw failed(`map: ${goPrint(item)} does not contain declared merge key: ${key}`);
  return value;
}

function strategyOf(schema: OpenApiSchema | undefined): string | undefined {
  return schema?.['x-kubernetes-patch-strategy']?.split(',').find((strategy) => strategy !== 'retainKeys');
}

function fieldOf(schema: OpenApiSchema | undefined, key: string): OpenApiSchema | undefined {
  return schema && childSchema(schema, key);
}

/** A value of a patch that has nothing to merge with, without directives; undefined if it is a deletion. */
function withoutDirectives(value: Json): Json | undefined {
  if (isList(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (PATCH in value) return undefined;
  const result: Record<string, Json> = {};
  for (const [key, member] of members(value)) {
    const kept = withoutDirectives(member);
    if (kept !== undefined) setMember(result, key, kept);
  }
  return result;
}

function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const [key, member] of members(value)) if (member !== null) setMember(result, key, withoutNulls(member));
  return result;
}

function without(value: JsonObject, key: string): JsonObject {
  return Object.fromEntries(members(value).filter(([name]) => name !== key));
}

function unknownDirective(directive: Json, patch: JsonObject): StatusError {
  return failed(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(patch)}`);
}

/** A failure without a specific code in the API server. */
function failed(message: string): StatusError {
  return new StatusError(500, '', message);
}
