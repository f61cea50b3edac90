/**
 * Allocation of Service addresses and node ports in a cluster. Addresses are allocated in order, starting above the
 * lower part of the range, which is reserved for static assignment until the rest is used up, as in Kubernetes
 * (KEP-3070).
 */

import ipaddr from 'ipaddr.js';
import { type FieldError, invalid } from '../machinery/field-error.ts';
import type { Json } from '../machinery/json.ts';
import { StatusError } from '../machinery/status.ts';
import type { IPFamily } from '../machinery/well-known.ts';
import { addressText, parseAddress, parseRange } from './addresses.ts';

/** The default node port range of kube-apiserver. */
const FIRST_PORT = 30_000;
const LAST_PORT = 32_767;
/** More than a cluster can use, and small enough for exact numbers. */
const MAX_BITS = 32;

/** Allocated and free numbers of a range. */
class Pool {
  readonly #size: number;
  readonly #used = new Set<number>();
  #next: number;

  /** `first`: where the search for a free number starts. */
  constructor(size: number, first: number) {
    this.#size = size;
    this.#next = first;
  }

  has(number: number): boolean {
    return this.#used.has(number);
  }

  take(number: number): void {
    this.#used.add(number);
    // The next search starts after it, which keeps it short and avoids reuse of a number that was just released.
    if (number === this.#next) this.#next = (number + 1) % this.#size;
  }

  release(number: number): void {
    this.#used.delete(number);
  }

  /** A free number that is not in `taken`; undefined if there is none. Does not allocate it. */
  find(taken: ReadonlySet<number>): number | undefined {
    let number = this.#next;
    for (let tries = 0; this.#used.has(number) || taken.has(number); tries++) {
      if (tries >= this.#size) return undefined;
      number = (number + 1) % this.#size;
    }
    this.#next = number;
    return number;
  }
}

interface FamilyRange {
  readonly text: string;
  readonly base: bigint;
  /** Offsets from the first usable address. */
  readonly pool: Pool;
  readonly size: number;
}

function toNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function toText(value: bigint, family: IPFamily): string {
  const length = family === 'IPv4' ? 4 : 16;
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
  return addressText(ipaddr.fromByteArray(bytes));
}

function rangeOf(cidr: string): readonly [IPFamily, FamilyRange] {
  const range = parseRange(cidr);
  if (!range) throw new RangeError(`${cidr} is not a CIDR`);
  const family = range.address.kind() === 'ipv4' ? 'IPv4' : 'IPv6';
  const hostBits = Math.min((family === 'IPv4' ? 32 : 128) - range.bits, MAX_BITS);
  // Excludes the network address and, for IPv4, the broadcast address.
  const size = 2 ** hostBits - (family === 'IPv4' ? 2 : 1);
  const first = Math.min(Math.max(16, Math.floor(size / 16)), 256) % size;
  const base = toNumber(range.address.toByteArray()) + 1n;
  return [family, { text: cidr, base, pool: new Pool(size, first), size }];
}

/** Addresses and ports for one write. They are not allocated until `commit`. */
export interface Claim {
  /** IP families of the cluster. */
  readonly families: ReadonlySet<string>;
  /**
   * A free address.
   *
   * @throws StatusError 500 if the range is exhausted.
   */
  nextAddress(family: string): string;
  /** Why an address chosen by a user cannot be used; undefined if it is available. */
  addressProblem(family: string, address: string): string | undefined;
  /**
   * A free node port.
   *
   * @throws StatusError 500 if the range is exhausted.
   */
  nextPort(): number;
  /**
   * Why a node port chosen by a user cannot be used; undefined if it is available, in which case this claim holds it.
   */
  portProblem(port: number): string | undefined;
}

/** Allocation state of one cluster. */
export interface ServiceAllocator {
  /** Default IP family of Services. */
  readonly primary: IPFamily;
  claim(): Claim;
  /** Allocates what `now` uses, and releases what only `before` used. */
  commit(now: Holding | undefined, before: Holding | undefined): void;
}

/** Addresses and ports used by a stored Service. */
export interface Holding {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/** `serviceCIDRs` are in canonical form, primary first. */
export function createServiceAllocator(serviceCIDRs: readonly string[]): ServiceAllocator {
  const ranges = new Map<string, FamilyRange>(serviceCIDRs.map(rangeOf));
  const ports = new Pool(LAST_PORT - FIRST_PORT + 1, Math.min(128, LAST_PORT - FIRST_PORT));
  const [primary = 'IPv4'] = ranges.keys();

  const offsetOf = (range: FamilyRange, text: string): number | undefined => {
    const address = parseAddress(text);
    if (!address) return undefined;
    const offset = toNumber(address.toByteArray()) - range.base;
    return offset >= 0n && offset < BigInt(range.size) ? Number(offset) : undefined;
  };
  const each = (addresses: readonly string[], act: (pool: Pool, offset: number) => void): void => {
    for (const text of addresses) {
      const range = ranges.get(text.includes(':') ? 'IPv6' : 'IPv4');
      const offset = range && offsetOf(range, text);
      if (range && offset !== undefined) act(range.pool, offset);
    }
  };

  return {
    primary: primary === 'IPv6' ? 'IPv6' : 'IPv4',
    claim() {
      const claimed = new Set<number>();
      return {
        families: new Set(ranges.keys()),
        nextAddress(family) {
          const range = ranges.get(family);
          const offset = range?.pool.find(new Set());
          if (!range || offset === undefined) throw internal('failed to allocate a serviceIP: range is full');
          return toText(range.base + BigInt(offset), family === 'IPv6' ? 'IPv6' : 'IPv4');
        },
        addressProblem(family, address) {
          const range = ranges.get(family);
          const offset = range && offsetOf(range, address);
          if (!range || offset === undefined) {
            return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range?.text}`;
          }
          return range.pool.has(offset) ? 'provided IP is already allocated' : undefined;
        },
        nextPort() {
          const offset = ports.find(claimed);
          if (offset === undefined) throw internal('failed to allocate a nodePort: range is full');
          claimed.add(offset);
          return FIRST_PORT + offset;
        },
        portProblem(port) {
          if (port < FIRST_PORT || port > LAST_PORT) {
            return `provided port is not in the valid range. The range of valid ports is ${FIRST_PORT}-${LAST_PORT}`;
          }
          const offset = port - FIRST_PORT;
          if (ports.has(offset) || claimed.has(offset)) return 'provided port is already allocated';
          claimed.add(offset);
          return undefined;
        },
      };
    },
    commit(now, before) {
      each(before?.addresses ?? [], (pool, offset) => pool.release(offset));
      each(now?.addresses ?? [], (pool, offset) => pool.take(offset));
      for (const port of before?.ports ?? []) ports.release(port - FIRST_PORT);
      for (const port of now?.ports ?? []) ports.take(port - FIRST_PORT);
    },
  };
}

function internal(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);
}

/** The error for an address that cannot be allocated. */
export function allocationError(addresses: Json, address: string, problem: string): FieldError {
  return invalid('spec.clusterIPs', addresses, `failed to allocate IP ${address}: ${problem}`);
}
