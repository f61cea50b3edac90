/**
 * Field sets as in metadata.managedFields. Path elements use the same notation: `f:spec` for a field, `k:{"port":80}`
 * for an item by its keys, `v:"x"` for an item by its value. Source: Kubernetes API reference, FieldsV1.
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, members, setMember } from '../machinery/json.ts';

/** Fields below one path: those that are themselves in the set, and the subsets below them. */
export interface FieldSet {
  readonly members: ReadonlySet<string>;
  readonly children: ReadonlyMap<string, FieldSet>;
}

/** A mutable set, for building. */
export interface GrowingFieldSet extends FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, GrowingFieldSet>;
}

/** Path elements, starting at the root of an object. */
export type FieldPath = readonly string[];

export const NO_FIELDS: FieldSet = { members: new Set(), children: new Map() };

export function newFieldSet(): GrowingFieldSet {
  return { members: new Set(), children: new Map() };
}

/** Adds a field to a set. The root of an object is never in one. */
export function insert(set: GrowingFieldSet, path: FieldPath): void {
  let here = set;
  for (const [index, element] of path.entries()) {
    if (index === path.length - 1) here.members.add(element);
    else {
      let next = here.children.get(element);
      if (!next) {
        next = newFieldSet();
        here.children.set(element, next);
      }
      here = next;
    }
  }
}

export function isEmptySet(set: FieldSet): boolean {
  return set.members.size === 0 && set.children.values().every(isEmptySet);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const own = children.get(element);
    children.set(element, own ? union(own, child) : child);
  }
  return { members: new Set([...a.members, ...b.members]), children };
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const both = other && intersection(child, other);
    if (both && !isEmptySet(both)) children.set(element, both);
  }
  return { members: only(a.members, (element) => b.members.has(element)), children };
}

/** Fields of `a` that are not in `b`; descendants of a field in `b` are kept. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const rest = other ? difference(child, other) : child;
    if (!isEmptySet(rest)) children.set(element, rest);
  }
  return { members: only(a.members, (element) => !b.members.has(element)), children };
}

function only(elements: ReadonlySet<string>, keep: (element: string) => boolean): ReadonlySet<string> {
  return new Set([...elements].filter(keep));
}

/** The subset below an element. */
export function below(set: FieldSet, element: string): FieldSet {
  return set.children.get(element) ?? NO_FIELDS;
}

/** The paths in a set, parents first, sorted by element. */
export function* pathsOf(set: FieldSet, prefix: FieldPath = []): Generator<FieldPath> {
  for (const element of sorted(set.members)) yield [...prefix, element];
  for (const element of sorted(set.children.keys())) yield* pathsOf(below(set, element), [...prefix, element]);
}

function sorted(elements: Iterable<string>): readonly string[] {
  return [...elements].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * Parses fieldsV1.
 *
 * @throws RangeError if it is malformed.
 */
export function parseFields(fields: JsonObject): FieldSet {
  const set = newFieldSet();
  for (const [element, value] of members(fields)) {
    if (!isObject(value) || !/^[fkvi]:/.test(element)) throw new RangeError(`not a field: ${element}`);
    const inner = members(value);
    if (inner.length === 0 || '.' in value) set.members.add(element);
    const rest = parseFields(Object.fromEntries(inner.filter(([key]) => key !== '.')));
    if (!isEmptySet(rest)) set.children.set(element, grown(rest));
  }
  return set;
}

function grown(set: FieldSet): GrowingFieldSet {
  return {
    members: new Set(set.members),
    children: new Map(set.children.entries().map(([element, child]) => [element, grown(child)])),
  };
}

/** Serializes to fieldsV1. */
export function writeFields(set: FieldSet): JsonObject {
  const fields: Record<string, Json> = {};
  for (const element of sorted(new Set([...set.members, ...set.children.keys()]))) {
    const inner = writeFields(below(set, element));
    const both = set.members.has(element) && members(inner).length > 0;
    setMember(fields, element, both ? { '.': {}, ...inner } : inner);
  }
  return fields;
}

/** A path in the notation of messages: `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathText(path: FieldPath): string {
  return path.map(elementText).join('');
}

/** A path element in the notation of messages. */
export function elementText(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  if (!element.startsWith('k:')) return element.startsWith('v:') ? `[=${text}]` : `[${text}]`;
  const keys: Json = JSON.parse(text);
  const pairs = isObject(keys) ? members(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`) : [];
  return `[${pairs.join(',')}]`;
}
