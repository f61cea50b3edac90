/** Addresses of pods, from the ranges of their nodes. */
import { addressAt, sizeOf } from '../address-ranges.ts';
import type { Node } from '../kinds.ts';

/** The first address is the network's, the second the node's own. */
const FIRST = 2;

/** Gives addresses one after the other, and one that was given back only when the others have had their turn. */
export class PodAddresses {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** One address of each of a node's ranges; undefined where one of them is full. */
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

  /** Marks those that a pod has already. */
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
