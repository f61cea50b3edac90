/**
 * Which Service addresses and node ports of a cluster are in use. Addresses are given in order, the lowest last: the first
 * ones of a range are left to those who choose theirs, as Kubernetes does (KEP-3070).
 */

import ipaddr from 'ipaddr.js';
import { type FieldError, invalid } from '../machinery/field-error.ts';
import type { Json } from '../machinery/json.ts';
import { StatusError } from '../machinery/status.ts';
import type { IPFamily } from '../machinery/well-known.ts';
import { addressText, parseAddress, parseRange } from './addresses.ts';

/** Node ports of a kube-apiserver with default flags. */
const FIRST_PORT = 30_000;
const LAST_PORT = 32_767;
/** More than a cluster can use; numbers stay exact. */
const MAX_BITS = 32;

/** Numbers of a range that are taken or free. */
class Pool {
  readonly #size: number;
  readonly #used = new Set<number>();
  #next: number;

  /** `first` is where the search for a free number begins. */
  constructor(size: number, first: number) {
    this.#size = size;
    this.#next = first;
  }

  has(number: number): boolean {
    return this.#used.has(number);
  }

  take(number: number): void {
    this.#used.add(number);
  }

  release(number: number): void {
    this.#used.delete(number);
  }

  /** A free number that `taken` does not have; undefined where there is none. Takes nothing. */
  find(taken: ReadonlySet<number>): number | undefined {
    let number = this.#next;
    for (let tries = 0; this.#used.has(number) || taken.has(number); tries++) {
      if (tries >= this.#size) return undefined;
      number = (number + 1) % this.#size;
    }
    // The next search goes on from here: so it is short, and a released number is not used again at once.
    this.#next = number;
    return number;
  }
}

/** The Service range of one family. */
interface FamilyRange {
  readonly text: string;
  readonly base: bigint;
  /** Counts from the first address that may be used. */
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
  // Neither the network's address nor, with IPv4, the broadcast address.
  const size = 2 ** hostBits - (family === 'IPv4' ? 2 : 1);
  const first = Math.min(Math.max(16, Math.floor(size / 16)), 256) % size;
  const base = toNumber(range.address.toByteArray()) + 1n;
  return [family, { text: cidr, base, pool: new Pool(size, first), size }];
}

/** Addresses and ports that one write wants; what it finds is not taken before `commit`. */
export interface Claim {
  /** The families of the cluster. */
  readonly families: ReadonlySet<string>;
  /** An address of the family. Throws a StatusError (500) where the range is full. */
  nextAddress(family: string): string;
  /** What is wrong with an address that a user chose; undefined where it is free. */
  addressProblem(family: string, address: string): string | undefined;
  /** A node port. Throws a StatusError (500) where there is none left. */
  nextPort(): number;
  /** What is wrong with a node port that a user chose; undefined where it is free. From then on it is this claim's. */
  portProblem(port: number): string | undefined;
}

/** What is in use in one cluster. */
export interface ServiceAllocator {
  /** The family of Services that ask for none. */
  readonly primary: IPFamily;
  claim(): Claim;
  /** Takes what `now` has and releases what only `before` had. */
  commit(now: Holding | undefined, before: Holding | undefined): void;
}

/** What a stored Service uses. */
export interface Holding {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/** An allocator of ranges in canonical text, the first one the primary. */
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

/** The error of an address that cannot be had. */
export function allocationError(addresses: Json, address: string, problem: string): FieldError {
  return invalid('spec.clusterIPs', addresses, `failed to allocate IP ${address}: ${problem}`);
}
