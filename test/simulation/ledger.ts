/** Knowledge of one cluster: that of a replica, from what it received, or that of the cluster itself. */

import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf } from '../../src/api/json.ts';
import { MANAGER, SERVICE_NAME, SLICE_MANAGED_BY, SOURCE_CLUSTER } from '../../src/api/labels.ts';
import { type ServiceKey, serviceKey } from '../../src/api/meta.ts';
import { labelOf, objectName, resourceVersionOf } from '../../src/kube/watch/object.ts';
import { compareVersions } from '../../src/kube/watch/versions.ts';
import type { Clock } from '../../src/runtime/clock.ts';

const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const SERVICES = '/services';
const SLICES = 'discovery.k8s.io/endpointslices';

/** Resources that determine the endpoints offered by a cluster. */
const OF_SOURCES = [EXPORTS, SERVICES, SLICES];

/** State of one name since some time. */
interface Known {
  readonly from: number;
  readonly offered: ReadonlySet<string>;
  readonly imported: boolean;
}

interface Row {
  readonly version: string;
  /** Absent: removed at that version. */
  readonly object: JsonObject | undefined;
}

class Resource {
  readonly rows = new Map<string, Row>();
  seen: Set<string> | undefined;
  listed = false;

  *objects(): Iterable<JsonObject> {
    for (const { object } of this.rows.values()) if (object) yield object;
  }
}

/** Objects by the latest version received, and the resulting state over time. */
export class Ledger {
  readonly #clock: Clock;
  readonly #resources = new Map<string, Resource>();
  readonly #history = new Map<ServiceKey, Known[]>();
  /** Periods in which the cluster was not a member in the replica's configuration. */
  readonly #absences: { readonly from: number; until: number }[] = [];
  #completeAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Time since which every source resource has been read completely; undefined if one has not. */
  get completeAt(): number | undefined {
    return this.#completeAt;
  }

  /** The replica was configured with the cluster as a member, or without it. */
  configured(isMember: boolean): void {
    const now = this.#clock.now();
    const last = this.#absences.at(-1);
    const isAbsent = last?.until === Number.POSITIVE_INFINITY;
    if (isMember && isAbsent) {
      last.until = now;
      this.#completeAt = undefined;
      for (const resource of this.#resources.values()) resource.listed = false;
    }
    if (!isMember && !isAbsent) this.#absences.push({ from: now, until: Number.POSITIVE_INFINITY });
  }

  /** Whether the cluster was not a member at any moment since then, and thus offered and imported nothing. */
  lackedMembership(since: number): boolean {
    return this.#absences.some(({ until }) => until >= since);
  }

  listStarted(resource: string): void {
    this.#of(resource).seen = new Set();
  }

  upserted(resource: string, object: JsonObject): void {
    const name = objectName(object);
    const held = this.#of(resource);
    held.seen?.add(name);
    this.#enter(resource, name, { version: resourceVersionOf(object), object });
  }

  removed(resource: string, object: JsonObject): void {
    this.#enter(resource, objectName(object), { version: resourceVersionOf(object), object: undefined });
  }

  /** The API server reported that the object does not exist. */
  missing(resource: string, name: string): void {
    const row = this.#of(resource).rows.get(name);
    if (row) this.#put(resource, name, { version: row.version, object: undefined });
  }

  listed(resource: string, version: string): void {
    const held = this.#of(resource);
    const { seen } = held;
    held.seen = undefined;
    held.listed = true;
    for (const [name, row] of held.rows) {
      if (seen && !seen.has(name) && compareVersions(row.version, version) <= 0) {
        this.#put(resource, name, { version, object: undefined });
      }
    }
    if (OF_SOURCES.every((each) => this.#of(each).listed)) this.#completeAt ??= this.#clock.now();
  }

  /** Whether the address was not offered under this name at any moment since then. */
  lackedOffer(key: ServiceKey, address: string, since: number): boolean {
    return this.#everSince(key, since, ({ offered }) => !offered.has(address));
  }

  /** Whether there was no import of this name at any moment since then. */
  lackedImport(key: ServiceKey, since: number): boolean {
    return this.#everSince(key, since, ({ imported }) => !imported);
  }

  /** Whether the cluster has the object, as far as known. */
  holds(resource: string, name: string): boolean {
    return this.#of(resource).rows.get(name)?.object !== undefined;
  }

  /** Names of the slices that currently contain the address. */
  slicesWith(key: ServiceKey, address: string): string[] {
    return [...this.#of(SLICES).objects()]
      .filter((slice) => keyOf(SLICES, slice) === key && addressesOf(slice).includes(address))
      .map((slice) => String(metadataOf(slice)?.name));
  }

  #everSince(key: ServiceKey, since: number, holds: (known: Known) => boolean): boolean {
    const history = this.#history.get(key) ?? [];
    if (
      (history[0]?.from ?? Number.POSITIVE_INFINITY) > since &&
      holds({ from: 0, offered: new Set(), imported: false })
    ) {
      return true;
    }
    return history.some(
      (known, index) => (history[index + 1]?.from ?? Number.POSITIVE_INFINITY) >= since && holds(known),
    );
  }

  #of(resource: string): Resource {
    const held = this.#resources.get(resource) ?? new Resource();
    this.#resources.set(resource, held);
    return held;
  }

  #enter(resource: string, name: string, row: Row): void {
    const before = this.#of(resource).rows.get(name);
    if (!before || compareVersions(before.version, row.version) < 0) this.#put(resource, name, row);
  }

  #put(resource: string, name: string, row: Row): void {
    const { rows } = this.#of(resource);
    const before = rows.get(name)?.object;
    rows.set(name, row);
    const keys = new Set([before, row.object].flatMap((object) => (object ? (keyOf(resource, object) ?? []) : [])));
    for (const key of keys) this.#note(key);
  }

  #note(key: ServiceKey): void {
    const history = this.#history.get(key) ?? [];
    const imported = this.#present(IMPORTS, key);
    history.push({ from: this.#clock.now(), offered: new Set(this.#offers(key)), imported });
    this.#history.set(key, history);
  }

  #offers(key: ServiceKey): string[] {
    if (!this.#present(EXPORTS, key) || !this.#present(SERVICES, key)) return [];
    return [...this.#of(SLICES).objects()].filter((slice) => keyOf(SLICES, slice) === key).flatMap(addressesOf);
  }

  /** The object exists and is not being deleted. */
  #present(resource: string, key: ServiceKey): boolean {
    const object = this.#of(resource).rows.get(key)?.object;
    return object !== undefined && metadataOf(object)?.deletionTimestamp === undefined;
  }
}

/** The name to which an object contributes. */
function keyOf(resource: string, object: JsonObject): ServiceKey | undefined {
  const name = objectName(object);
  const [namespace = '', own = ''] = name.split('/');
  if (resource !== SLICES) return resource === '/namespaces' ? undefined : serviceKey(namespace, own);
  const service = labelOf(object, SERVICE_NAME);
  const imported = labelOf(object, SOURCE_CLUSTER) !== undefined || labelOf(object, SLICE_MANAGED_BY) === MANAGER;
  return service === undefined || imported ? undefined : serviceKey(namespace, service);
}

/** All addresses in a slice. */
export function addressesOf(slice: JsonObject): string[] {
  const endpoints = Array.isArray(slice.endpoints) ? slice.endpoints : [];
  return endpoints.flatMap((endpoint) =>
    isJsonObject(endpoint) && Array.isArray(endpoint.addresses) ? endpoint.addresses.map(String) : [],
  );
}
