/** The field set of an object, and the differences between two objects as field sets. */
import type { Json, JsonObject } from '../machinery/json.ts';
import { equalJson, isList, isObject, members, ownMember } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import {
  below,
  type FieldPath,
  type FieldSet,
  type GrowingFieldSet,
  insert,
  isEmptySet,
  newFieldSet,
} from './fieldset.ts';
import { elementSchema, type Form, formOf, isAtomic, isDeclared, itemElement } from './typed.ts';

/** The fields set by an object: leaves, list items and map keys. */
export function fieldsOf(schema: OpenApiSchema, value: JsonObject): FieldSet {
  const set = newFieldSet();
  collect(schema, value, [], set);
  return set;
}

function collect(schema: OpenApiSchema | undefined, value: Json, path: FieldPath, set: GrowingFieldSet): void {
  const form = formOf(schema, value);
  if (form === 'scalar' || isAtomic(schema, form)) {
    insert(set, path);
    return;
  }
  if (form === 'list') {
    const items = Map.groupBy(isList(value) ? value : [], (item) => itemElement(schema, item));
    for (const [element, same] of items) {
      const inner = [...path, element];
      const [only] = same;
      // Items with the same key are owned together.
      if (same.length === 1 && only !== undefined) collect(schema?.items, only, inner, set);
      insert(set, inner);
    }
    return;
  }
  for (const [key, member] of isObject(value) ? members(value) : []) {
    const element = `f:${key}`;
    const inner = [...path, element];
    collect(elementSchema(schema, element), member, inner, set);
    const empty = member === null || (isObject(member) && members(member).length === 0);
    if (empty || !isDeclared(schema, element)) insert(set, inner);
  }
}

/** Differences between `before` and `after`. The sets are disjoint. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

type Growing = Record<keyof Comparison, GrowingFieldSet>;

export function compare(schema: OpenApiSchema, before: JsonObject, after: JsonObject): Comparison {
  const result: Growing = { removed: newFieldSet(), modified: newFieldSet(), added: newFieldSet() };
  walk(schema, before, after, [], result);
  return result;
}

type Value = Json | undefined;

function walk(schema: OpenApiSchema | undefined, before: Value, after: Value, path: FieldPath, result: Growing): void {
  // Two versions of an object usually share most of their structure.
  if (before === after) return;
  const leftForm = formOf(schema, before);
  const rightForm = formOf(schema, after);
  const wild = before === undefined || after === undefined;
  const form = after === undefined ? leftForm : rightForm;
  if (!wild && leftForm !== rightForm) visit(schema, leftForm, before, after, path, result);
  const leaf = visit(schema, form, before, after, path, result);
  if (leaf || !wild) return;
  insert(before === undefined ? result.added : result.removed, path);
}

/** Returns whether the value was compared as a whole. */
function visit(
  schema: OpenApiSchema | undefined,
  form: Form,
  before: Value,
  after: Value,
  path: FieldPath,
  result: Growing,
): boolean {
  const bothEmpty = isBare(form, before) && isBare(form, after);
  if (form === 'scalar' || bothEmpty || isAtomic(schema, form)) {
    if (before === undefined) insert(result.added, path);
    else if (after === undefined) insert(result.removed, path);
    else if (!equalJson(before, after)) insert(result.modified, path);
    return true;
  }
  if (form === 'list') walkList(schema, before, after, path, result);
  else {
    const left = isObject(before) ? before : {};
    const right = isObject(after) ? after : {};
    for (const key of new Set([...members(left), ...members(right)].map(([name]) => name))) {
      const element = `f:${key}`;
      walk(elementSchema(schema, element), ownMember(left, key), ownMember(right, key), [...path, element], result);
    }
  }
  return false;
}

/** Absent or empty. */
function isBare(form: Form, value: Value): boolean {
  if (form === 'list') return !isList(value) || value.length === 0;
  return !isObject(value) || members(value).length === 0;
}

function walkList(
  schema: OpenApiSchema | undefined,
  before: Value,
  after: Value,
  path: FieldPath,
  result: Growing,
): void {
  const left = Map.groupBy(isList(before) ? before : [], (item) => itemElement(schema, item));
  const right = Map.groupBy(isList(after) ? after : [], (item) => itemElement(schema, item));
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const inner = [...path, element];
    const old = left.get(element) ?? [];
    const now = right.get(element) ?? [];
    if (old.length <= 1 && now.length <= 1) walk(schema?.items, old[0], now[0], inner, result);
    else if (old.length >= 2 && now.length >= 2) {
      if (!equalJson(old, now)) insert(result.modified, inner);
    } else if (old.length >= 2) {
      if (now[0] !== undefined) walk(schema?.items, undefined, now[0], inner, result);
      insert(result.removed, inner);
    } else {
      if (old[0] !== undefined) walk(schema?.items, old[0], undefined, inner, result);
      insert(result.added, inner);
    }
  }
}

/** The value without the fields in the set; null if a map or list becomes empty. */
export function removeFields(schema: OpenApiSchema | undefined, value: Json, set: FieldSet): Json {
  const form = formOf(schema, value);
  if (form === 'scalar') return value;
  if (isAtomic(schema, form)) return null;
  if (form === 'list') {
    const items = (isList(value) ? value : []).flatMap((item) => {
      const element = itemElement(schema, item);
      if (set.members.has(element)) return [];
      const inner = below(set, element);
      return [isEmptySet(inner) ? item : removeFields(schema?.items, item, inner)];
    });
    return items.length > 0 ? items : null;
  }
  const kept = (isObject(value) ? members(value) : []).flatMap(([key, member]): [string, Json][] => {
    const element = `f:${key}`;
    if (set.members.has(element)) return [];
    const inner = below(set, element);
    return [[key, isEmptySet(inner) ? member : removeFields(elementSchema(schema, element), member, inner)]];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : null;
}

/** Adds each declared field that is a parent of a field in the set. */
export function withNamedParents(schema: OpenApiSchema | undefined, set: FieldSet): FieldSet {
  const parents = [...set.children.keys()].filter((element) => isDeclared(schema, element));
  return {
    members: new Set([...set.members, ...parents]),
    children: new Map(
      set.children
        .entries()
        .map(([element, child]) => [element, withNamedParents(elementSchema(schema, element), child)]),
    ),
  };
}
