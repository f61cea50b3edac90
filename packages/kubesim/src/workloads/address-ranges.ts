/** Address ranges of a cluster, and their partition by node. */

import ipaddr from 'ipaddr.js';
import type { IPFamily } from '../machinery/well-known.ts';

/** The family of an address or range. */
export function familyOf(text: string): IPFamily {
  return text.includes(':') ? 'IPv6' : 'IPv4';
}

function split(cidr: string): { readonly bytes: number[]; readonly bits: number } {
  const [address = '', bits = ''] = cidr.split('/');
  return { bytes: ipaddr.parse(address).toByteArray(), bits: Number(bits) };
}

function text(bytes: readonly number[]): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Adds `step` units of bit `bit` (1 is the most significant) to an address. */
function add(bytes: readonly number[], bit: number, step: number): number[] {
  const sum = [...bytes];
  let carry = step * 2 ** (7 - ((bit - 1) % 8));
  for (let at = Math.floor((bit - 1) / 8); at >= 0 && carry > 0; at--) {
    const value = (sum[at] ?? 0) + carry;
    sum[at] = value % 256;
    carry = Math.floor(value / 256);
  }
  return sum;
}

/** The address at `offset` from the first one of a range. */
export function addressAt(cidr: string, offset: number): string {
  const { bytes } = split(cidr);
  return text(add(bytes, bytes.length * 8, offset));
}

/** Part `index` (from 0) of a range split into 2^`bits` parts. */
export function partOf(cidr: string, bits: number, index: number): string {
  const range = split(cidr);
  const length = Math.min(range.bits + bits, range.bytes.length * 8);
  return `${text(add(range.bytes, length, index))}/${length}`;
}

/** Number of addresses in a range, capped at 2^40. */
export function sizeOf(cidr: string): number {
  const { bytes, bits } = split(cidr);
  return 2 ** Math.min(bytes.length * 8 - bits, 40);
}

export function isIn(cidr: string, address: string): boolean {
  if (familyOf(cidr) !== familyOf(address)) return false;
  return ipaddr.parse(address).match(ipaddr.parseCIDR(cidr));
}

/** The canonical form of an address; undefined if it is malformed. */
export function canonicalAddress(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString();
}
