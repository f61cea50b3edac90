/** Remembers the cluster IPs of deleted derived Services, so that their successors can ask for the same ones. */
import type { ServiceKey } from '../api/meta.ts';

/** Number of Services that are remembered per member. */
const MAX_REMEMBERED = 4_096;

export class LastAddresses {
  /** By namespace and name of the derived Service, the oldest deletion first. */
  readonly #addresses = new Map<ServiceKey, readonly string[]>();

  /** Cluster IPs of the last derived Service of that name; undefined if none is remembered. */
  of(service: ServiceKey): readonly string[] | undefined {
    return this.#addresses.get(service);
  }

  /** Notes the cluster IPs of a deleted Service; a headless one has none. */
  note(service: ServiceKey, addresses: readonly string[]): void {
    this.#addresses.delete(service);
    if (addresses.length === 0) return;
    this.#addresses.set(service, addresses);
    const [oldest] = this.#addresses.keys();
    if (oldest !== undefined && this.#addresses.size > MAX_REMEMBERED) this.#addresses.delete(oldest);
  }
}
