/**
 * Field ownership: tracking of updates, and server-side apply. Source: Kubernetes documentation, Server-Side Apply;
 * KEP-555. All versions of a resource share one schema here, so managers of different versions are compared directly.
 * Fields that a resource's strategy resets (`status` in the main resource, everything else in the status subresource)
 * must be removed by the caller.
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { equalJson, isObject } from '../machinery/json.ts';
import type { ManagedFields } from '../machinery/object.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import { type Comparison, compare, fieldsOf, removeFields, withNamedParents } from './compare.ts';
import { withDefaults } from './defaults.ts';
import {
  difference,
  type FieldSet,
  insert,
  intersection,
  isEmptySet,
  NO_FIELDS,
  newFieldSet,
  pathsOf,
  pathText,
  union,
} from './fieldset.ts';
import { KUBECTL, lastAppliedFields, withLastApplied } from './last-applied.ts';
import {
  capUpdaters,
  isReset,
  type Manager,
  type Managers,
  managerKey,
  readManagers,
  writeManagers,
} from './managers.ts';
import { typeProblems } from './typed.ts';
import { mergeApplied } from './typed-merge.ts';
import { zeroObject } from './zero.ts';

/** A write by a field manager. */
interface Write {
  readonly schema: OpenApiSchema;
  /** The stored object in the version of the request; absent for a create. */
  readonly live?: JsonObject;
  readonly manager: string;
  /** Of the request, such as `apps/v1`. */
  readonly apiVersion: string;
  readonly subresource?: string;
  /** RFC 3339, in whole seconds. */
  readonly now: string;
}

/** Fields that are never owned. */
const UNTRACKED = newFieldSet();
for (const field of ['apiVersion', 'kind', 'metadata']) insert(UNTRACKED, [`f:${field}`]);
for (const field of [
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation'],
  ...['managedFields', 'resourceVersion'],
]) {
  insert(UNTRACKED, ['f:metadata', `f:${field}`]);
}

/**
 * metadata.managedFields after a create, update or patch: the manager takes sole ownership of the changed fields.
 * `updated` is the object with defaults, before changes by the server; `given` are the managedFields sent by the client
 * (default: those of `updated`): an empty list removes all managers.
 */
export function trackUpdate(
  write: Write & { readonly updated: JsonObject; readonly given?: Json },
): readonly ManagedFields[] {
  const { live, updated, subresource } = write;
  const sent = write.given ?? managedFieldsIn(updated);
  const own = subresource === undefined ? readManagers(sent) : undefined;
  const kept = own && own.size > 0 ? own : (readManagers(managedFieldsIn(live)) ?? new Map());
  const managers: Managers = subresource === undefined && isReset(sent) ? new Map() : kept;
  // An object without managers gets none before the first apply.
  if (managers.size === 0 && live !== undefined) return [];
  try {
    update(write, managers, updated);
  } catch (error) {
    // An item without its key, which validation reports. The API server then records no manager.
    if (error instanceof RangeError) return [];
    throw error;
  }
  capUpdaters(managers);
  return writeManagers(managers);
}

function update(write: Write, managers: Managers, updated: JsonObject): void {
  const { schema, live, manager: name, apiVersion, subresource, now } = write;
  const before = live ? withoutManagers(live) : zeroObject(schema);
  const change = compare(schema, before, withoutManagers(updated));
  takeOver(managers, change);
  const taken = difference(union(change.modified, change.added), UNTRACKED);
  if (isEmptySet(taken)) return;
  const manager: Manager = { name, operation: 'Update', apiVersion, ...(subresource !== undefined && { subresource }) };
  const key = managerKey(manager);
  // The API server records no time for writes to the scale subresource.
  const time = subresource === 'scale' ? undefined : now;
  managers.set(key, { manager, time, set: union(taken, managers.get(key)?.set ?? NO_FIELDS) });
}

/** Removes the changed fields from all managers except `except`. */
function takeOver(managers: Managers, change: Comparison, except?: string): void {
  const lost = union(union(change.modified, change.added), change.removed);
  for (const [key, owned] of managers) {
    if (key === except) continue;
    const set = difference(owned.set, lost);
    if (isEmptySet(set)) managers.delete(key);
    else managers.set(key, { ...owned, set });
  }
}

/** A field of an applied configuration that another manager has set to a different value. */
export interface Conflict {
  /** In the notation of messages: `"kubectl" using v1`. */
  readonly manager: string;
  /** Such as `.spec.replicas`. */
  readonly field: string;
}

export type Applied = { readonly object: JsonObject } | { readonly conflicts: readonly Conflict[] };

/** `applied` is the configuration as sent by the client. */
export interface Apply extends Write {
  readonly applied: JsonObject;
  readonly force: boolean;
}

/**
 * Applies a configuration: merges it, removes fields that the manager applied before but no longer does and that no one
 * else owns, and records the ownership. The resulting object has defaults and managedFields; it equals `live` if
 * nothing changes.
 *
 * @throws StatusError as the API server does: 400 if the configuration has managedFields, 500 if it does not match the
 * schema.
 */
export function applyConfiguration(apply: Apply): Applied {
  checkApplied(apply);
  const result = applyFields(apply);
  if (apply.manager !== KUBECTL) return result;
  if ('object' in result) return { object: withLastApplied(result.object, apply.applied) };
  const { schema, live, apiVersion } = apply;
  const own = live ? lastAppliedFields(schema, withoutManagers(live), apiVersion) : new Set();
  const conflicts = result.conflicts.filter(({ field }) => !own.has(field));
  return conflicts.length > 0 ? { conflicts } : applyConfiguration({ ...apply, force: true });
}

function applyFields(apply: Apply): Applied {
  const { schema, live, applied, force, now } = apply;
  const managers = readManagers(managedFieldsIn(live)) ?? new Map();
  if (managers.size === 0 && live) {
    update({ ...apply, live: undefined, subresource: undefined, manager: BEFORE_FIRST_APPLY }, managers, live);
  }
  const manager: Manager = {
    name: apply.manager,
    operation: 'Apply',
    apiVersion: apply.apiVersion,
    ...(apply.subresource !== undefined && { subresource: apply.subresource }),
  };
  const key = managerKey(manager);
  const last = managers.get(key);
  const set = fieldsOf(schema, applied);
  const before = live ? withoutManagers(live) : zeroObject(schema);
  const merged = mergeApplied(schema, before, applied);
  managers.set(key, { manager, time: last?.time, set });
  const owned = managers.values().reduce((all, one) => union(all, one.set), NO_FIELDS);
  const object = last ? withoutGivenUp(schema, merged, last.set, owned) : merged;
  const change = compare(schema, before, object);
  const conflicts = force ? [] : conflictsOf(managers, change, key);
  if (conflicts.length > 0) return { conflicts };
  takeOver(managers, change, key);
  const result = withDefaults(schema, object);
  const changed = !live || !equalJson(before, result);
  managers.set(key, { manager, time: changed ? now : (last?.time ?? now), set: difference(set, UNTRACKED) });
  return { object: withManagers(changed ? result : before, writeManagers(managers)) };
}

/** Owner of fields that existed before the first apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

function checkApplied({ schema, applied, apiVersion }: Apply): void {
  if (managedFieldsIn(applied) !== undefined) throw badRequest('metadata.managedFields must be nil');
  const problems = typeProblems(schema, applied).map(({ path, problem }) => `${path}: ${problem}`);
  const [first] = problems;
  if (first === undefined) return;
  const { namespace = '', name = '' } = isObject(applied.metadata) ? applied.metadata : {};
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const what = `${namespace}/${name}; ${group}/${version}, Kind=${applied.kind}`;
  const list = problems.length === 1 ? first : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  throw new StatusError(500, '', `failed to create typed patch object (${what}): ${list}`);
}

/** Removes fields that were applied last time and have no owner now. */
function withoutGivenUp(schema: OpenApiSchema, merged: JsonObject, last: FieldSet, owned: FieldSet): JsonObject {
  const named = (set: FieldSet): FieldSet => withNamedParents(schema, set);
  const all = named(fieldsOf(schema, merged));
  const pruned = asObject(removeFields(schema, merged, named(last)));
  const claimed = union(named(fieldsOf(schema, pruned)), named(owned));
  const restored = asObject(removeFields(schema, merged, difference(all, claimed)));
  const gone = intersection(difference(all, named(fieldsOf(schema, restored))), named(last));
  return asObject(removeFields(schema, merged, gone));
}

function conflictsOf(managers: Managers, change: Comparison, except: string): readonly Conflict[] {
  const touched = union(change.modified, change.added);
  return [...managers].flatMap(([key, { manager, set }]) => {
    if (key === except) return [];
    const text = managerText(manager);
    return [...pathsOf(intersection(set, touched))].map((path) => ({ manager: text, field: pathText(path) }));
  });
}

function managerText({ name, operation, apiVersion, subresource }: Manager): string {
  const part = subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(name)}${part}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  const byManager = [...Map.groupBy(conflicts, ({ manager }) => manager)].sort(([a], [b]) => (a < b ? -1 : 1));
  const [first] = causes;
  const list =
    conflicts.length === 1 && first
      ? `${first.message}: ${first.field}`
      : byManager
          .map(([manager, own]) => [`conflicts with ${manager}:`, ...own.map(({ field }) => `- ${field}`)].join('\n'))
          .join('\n');
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  return new StatusError(409, 'Conflict', `Apply failed with ${count}: ${list}`, { causes });
}

function managedFieldsIn(object: JsonObject | undefined): Json | undefined {
  return isObject(object?.metadata) ? object.metadata.managedFields : undefined;
}

function withoutManagers(object: JsonObject): JsonObject {
  if (managedFieldsIn(object) === undefined || !isObject(object.metadata)) return object;
  const { managedFields: _lines, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withManagers(object: JsonObject, lines: readonly ManagedFields[]): JsonObject {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  if (lines.length === 0) return object;
  return { ...object, metadata: { ...metadata, managedFields: lines.map((line) => ({ ...line })) } };
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
