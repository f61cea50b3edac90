/** The derived Services of a member by the import that they belong to, and the addresses of deleted ones. */
import type { Service } from '../api/core.ts';
import { type ServiceKey, serviceKey } from '../api/meta.ts';
import { importOfService } from '../core/ownership.ts';
import { clusterIPsOf } from '../core/plan/derived-service.ts';
import { LastAddresses } from './last-addresses.ts';

/** The import that a derived Service belongs to; undefined if it is not managed by Catamaran. */
export function importKeyOf({ metadata }: Service): ServiceKey | undefined {
  const name = importOfService(metadata);
  return name === undefined ? undefined : serviceKey(metadata.namespace ?? '', name);
}

export class DerivedServices {
  /** Names of derived Services by import; more than one while the prefix of derived Services changes. */
  readonly #names = new Map<ServiceKey, Set<ServiceKey>>();
  readonly #addresses = new LastAddresses();

  has(origin: ServiceKey): boolean {
    return this.#names.has(origin);
  }

  /** Imports that have a derived Service. */
  origins(): Iterable<ServiceKey> {
    return this.#names.keys();
  }

  /** Names of the Services derived for an import. */
  namesOf(origin: ServiceKey): Iterable<ServiceKey> {
    return this.#names.get(origin) ?? [];
  }

  /** Cluster IPs of the last derived Service of that name that was deleted; undefined if none is remembered. */
  lastAddresses(service: ServiceKey): readonly string[] | undefined {
    return this.#addresses.of(service);
  }

  /** Enters a change of a Service. Returns the imports that it concerns. */
  replace(key: ServiceKey, before: Service | undefined, after: Service | undefined): ReadonlySet<ServiceKey> {
    const [was, is] = [before, after].map((service) => service && importKeyOf(service));
    if (was !== undefined && was !== is) this.#leave(was, key);
    if (was !== undefined && before && !after) this.#addresses.note(key, clusterIPsOf(before));
    if (is !== undefined) this.#enter(is, key);
    return new Set([was, is].filter((origin) => origin !== undefined));
  }

  #enter(origin: ServiceKey, service: ServiceKey): void {
    const names = this.#names.get(origin);
    if (names) names.add(service);
    else this.#names.set(origin, new Set([service]));
  }

  #leave(origin: ServiceKey, service: ServiceKey): void {
    const names = this.#names.get(origin);
    names?.delete(service);
    if (names?.size === 0) this.#names.delete(origin);
  }
}
