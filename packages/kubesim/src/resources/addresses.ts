/**
 * Parsing of IP addresses and ranges as in the API server. Leading zeros and IPv4-mapped IPv6 addresses are accepted in
 * fields that have always accepted them. Source: Kubernetes, apimachinery, util/validation; k8s.io/utils/net.
 */

import { isIPv4, isIPv6 } from 'node:net';
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import { type FieldError, invalid } from '../machinery/field-error.ts';
import type { IPFamily } from '../machinery/well-known.ts';

/** A parsed address. */
export type Address = IPv4 | IPv6;

const FOUR_PARTS = /^\d{1,3}(\.\d{1,3}){3}$/;

/** Parses an address; undefined if it is malformed or has a zone. */
export function parseAddress(text: string): Address | undefined {
  if (FOUR_PARTS.test(text)) {
    const parts = text.split('.').map(Number);
    return parts.every((part) => part <= 255) ? new ipaddr.IPv4(parts) : undefined;
  }
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** The family of an address; undefined if it is malformed. */
export function familyOf(text: string): IPFamily | undefined {
  if (isIPv4(text)) return 'IPv4';
  // An address with "ffff" may be an IPv4-mapped one.
  if (isIPv6(text) && !/[%.]|ffff/i.test(text)) return 'IPv6';
  const address = parseAddress(text);
  if (!address) return undefined;
  return address.kind() === 'ipv4' ? 'IPv4' : 'IPv6';
}

/** The other family. */
export function otherFamily(family: IPFamily): IPFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

/** RFC 5952 form for IPv6, dotted decimal for IPv4. */
export function addressText(address: Address): string {
  return address.kind() === 'ipv6' && address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

const NOT_AN_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** Errors of an address in a field that accepts any notation. */
export function looseAddress(path: string, text: string): readonly FieldError[] {
  return familyOf(text) ? [] : [invalid(path, text, NOT_AN_ADDRESS)];
}

/** Errors of an address in a field that accepts only canonical notation. */
export function strictAddress(path: string, text: string): readonly FieldError[] {
  const address = parseAddress(text);
  if (!address) return [invalid(path, text, NOT_AN_ADDRESS)];
  if (text.includes(':') && address.kind() === 'ipv4') {
    return [invalid(path, text, 'must not be an IPv4-mapped IPv6 address')];
  }
  if (FOUR_PARTS.test(text) && text.split('.').some((part) => part.length > 1 && part.startsWith('0'))) {
    return [invalid(path, text, 'must not have leading 0s')];
  }
  const canonical = addressText(address);
  return canonical === text ? [] : [invalid(path, text, `must be in canonical form ("${canonical}")`)];
}

const IN_LOOPBACK = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
const IN_LINK_LOCAL = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
const IN_LINK_MULTICAST = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';

/** Errors of an endpoint address: addresses that are local to every host are rejected. */
export function endpointAddress(path: string, text: string): readonly FieldError[] {
  const refused = refusalOf(text);
  return refused === undefined ? [] : [invalid(path, text, refused)];
}

function refusalOf(text: string): string | undefined {
  // Fast path for the most common case, without parsing.
  if (isIPv4(text)) return refusalOfIPv4(text);
  const address = parseAddress(text);
  if (!address) return 'must be a valid IP address';
  if (address.kind() === 'ipv4') return refusalOfIPv4(addressText(address));
  const [first = 0, second = 0, ...rest] = address.toByteArray();
  const last = rest.pop() ?? 0;
  const empty = first === 0 && second === 0 && rest.every((byte) => byte === 0);
  if (empty && last === 0) return `may not be unspecified (${text})`;
  if (empty && last === 1) return IN_LOOPBACK;
  if (first === 0xfe && (second & 0xc0) === 0x80) return IN_LINK_LOCAL;
  return first === 0xff && (second & 0x0f) === 2 ? IN_LINK_MULTICAST : undefined;
}

function refusalOfIPv4(text: string): string | undefined {
  if (text === '0.0.0.0') return `may not be unspecified (${text})`;
  if (text.startsWith('127.')) return IN_LOOPBACK;
  if (text.startsWith('169.254.')) return IN_LINK_LOCAL;
  return text.startsWith('224.0.0.') ? IN_LINK_MULTICAST : undefined;
}

/** An address range: the network address and the length of its prefix. */
export type Range = { readonly address: Address; readonly bits: number };

/** Parses a range, keeping its address as written; undefined if it is malformed. */
export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(text.slice(0, Math.max(slash, 0)));
  const bits = text.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(bits)) return undefined;
  return Number(bits) <= (address.kind() === 'ipv4' ? 32 : 128) ? { address, bits: Number(bits) } : undefined;
}

/** Errors of a range in a field that accepts any notation. */
export function looseRange(path: string, text: string): readonly FieldError[] {
  if (parseRange(text)) return [];
  return [invalid(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

/** Errors of a range in a field that accepts only canonical notation. */
export function strictRange(path: string, text: string): readonly FieldError[] {
  const range = parseRange(text);
  if (!range) return looseRange(path, text);
  const network =
    range.address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${addressText(range.address)}/${range.bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${addressText(range.address)}/${range.bits}`);
  if (addressText(network) !== addressText(range.address)) {
    return [invalid(path, text, 'must not have bits set beyond the prefix length')];
  }
  const canonical = `${addressText(network)}/${range.bits}`;
  return canonical === text ? [] : [invalid(path, text, `must be in canonical form ("${canonical}")`)];
}
