/** Parsing and serialization of metadata.managedFields. Source: Kubernetes API reference, ManagedFieldsEntry. */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members } from '../machinery/json.ts';
import type { ManagedFields } from '../machinery/object.ts';
import { type FieldSet, isEmptySet, parseFields, union, writeFields } from './fieldset.ts';

/** The owner of a field set. For updates, the version is part of its identity. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
}

/** Fields of one manager; `time` is RFC 3339, in whole seconds. */
export interface Owned {
  readonly manager: Manager;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** All managers of an object, by `managerKey`. */
export type Managers = Map<string, Owned>;

/** Maximum number of update managers per object; the oldest ones beyond it are merged. */
const MAX_UPDATERS = 10;

/** Entries with the same key belong to the same manager. */
export function managerKey({ name, operation, apiVersion, subresource = '' }: Manager): string {
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Parses the entries; undefined if one is malformed. */
export function readManagers(lines: Json | undefined): Managers | undefined {
  const managers: Managers = new Map();
  for (const line of isList(lines) ? lines : []) {
    const owned = isObject(line) ? readLine(line) : undefined;
    if (!owned) return undefined;
    managers.set(managerKey(owned.manager), owned);
  }
  return managers;
}

function readLine(line: JsonObject): Owned | undefined {
  const { manager: name = '', operation, apiVersion, subresource, time, fieldsType, fieldsV1 = {} } = line;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  if (typeof name !== 'string' || !isObject(fieldsV1)) return undefined;
  const part = typeof subresource === 'string' && subresource !== '' ? { subresource } : {};
  try {
    const set = parseFields(fieldsV1);
    return {
      manager: { name, operation, apiVersion, ...part },
      time: typeof time === 'string' ? time : undefined,
      set,
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a client requests removal of all managers: an empty list, or a single empty entry. */
export function isReset(lines: Json | undefined): boolean {
  if (!isList(lines)) return false;
  const [first] = lines;
  return first === undefined || (lines.length === 1 && isObject(first) && members(first).length === 0);
}

/** Serializes the entries: appliers first, then by time and name. */
export function writeManagers(managers: Managers): readonly ManagedFields[] {
  const owners = [...managers.values()].filter(({ set }) => !isEmptySet(set)).sort(inOrder);
  return owners.map(({ manager, time, set }) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: writeFields(set),
    ...(manager.subresource !== undefined && { subresource: manager.subresource }),
  }));
}

function inOrder(a: Owned, b: Owned): number {
  const keys = ({ manager, time = '' }: Owned): readonly string[] => [
    manager.operation,
    time,
    manager.name,
    manager.apiVersion,
    manager.subresource ?? '',
  ];
  const right = keys(b);
  for (const [index, key] of keys(a).entries()) {
    const other = right[index] ?? '';
    if (key !== other) return key < other ? -1 : 1;
  }
  return 0;
}

/** Merges the oldest updaters of a version into `ancient-changes`, until the limit is met. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, { manager }]) => manager.operation === 'Update').sort(oldestFirst);
  const firsts = new Map<string, string>();
  let count = updaters.length;
  for (const [key, owned] of updaters) {
    if (count <= MAX_UPDATERS) return;
    const { apiVersion } = owned.manager;
    const first = firsts.get(apiVersion);
    if (first === undefined) {
      firsts.set(apiVersion, key);
      continue;
    }
    const ancient: Manager = { name: 'ancient-changes', operation: 'Update', apiVersion };
    const bucketKey = managerKey(ancient);
    const bucket = managers.get(bucketKey) ?? managers.get(first);
    if (!managers.has(bucketKey)) managers.delete(first);
    const set = bucket ? union(owned.set, bucket.set) : owned.set;
    managers.delete(key);
    managers.set(bucketKey, { manager: ancient, time: owned.time, set });
    count -= 1;
  }
}

function oldestFirst([keyA, a]: [string, Owned], [keyB, b]: [string, Owned]): number {
  const [left, right] = [`${a.time ?? ''} ${keyA}`, `${b.time ?? ''} ${keyB}`];
  return left < right ? -1 : 1;
}
