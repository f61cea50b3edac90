/** Pod addresses, allocated from the ranges of nodes. */
import { addressAt, sizeOf } from '../address-ranges.ts';
import type { Node } from '../kinds.ts';

/** The first address is that of the network, the second that of the node. */
const FIRST = 2;

/** Allocates addresses in sequence; a released address is reused only after all others. */
export class PodAddresses {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** One address per pod range of a node; undefined if one of the ranges is exhausted. */
  give({ spec }: Node): readonly string[] | undefined {
    const addresses: string[] = [];
    for (const cidr of spec?.podCIDRs ?? []) {
      const address = this.#free(cidr);
      if (address === undefined) {
        this.giveBack(addresses);
        return undefined;
      }
      this.#taken.add(address);
      addresses.push(address);
    }
    return addresses;
  }

  /** Marks addresses that a pod already has. */
  take(addresses: readonly string[]): void {
    for (const address of addresses) this.#taken.add(address);
  }

  giveBack(addresses: readonly string[]): void {
    for (const address of addresses) this.#taken.delete(address);
  }

  #free(cidr: string): string | undefined {
    const size = sizeOf(cidr);
    let offset = this.#next.get(cidr) ?? FIRST;
    for (let tries = FIRST; tries < size; tries++) {
      const address = addressAt(cidr, offset);
      offset = offset + 1 < size ? offset + 1 : FIRST;
      if (this.#taken.has(address)) continue;
      this.#next.set(cidr, offset);
      return address;
    }
    return undefined;
  }
}
