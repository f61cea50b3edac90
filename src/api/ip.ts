/** IP addresses and networks as numbers, so that comparing one with many networks is cheap. */
import ipaddr from 'ipaddr.js';

/** The value is below 2^32 for IPv4 and below 2^128 for IPv6. */
export type IP =
  | { readonly family: 'IPv4'; readonly value: number }
  | { readonly family: 'IPv6'; readonly value: bigint };

/** The first and the last address of a network. */
export type Network =
  | { readonly family: 'IPv4'; readonly bits: number; readonly first: number; readonly last: number }
  | { readonly family: 'IPv6'; readonly bits: number; readonly first: bigint; readonly last: bigint };

const FOUR_PARTS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Four decimal parts; not the short, octal and hexadecimal forms of inet_aton, which other programs read differently. */
function parseIPv4(text: string): number | undefined {
  const parts = FOUR_PARTS.exec(text)?.slice(1);
  if (!parts) return undefined;
  let value = 0;
  for (const part of parts) {
    const number = Number(part);
    if (number > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256 + number;
  }
  return value;
}

/** Without a zone (fe80::1%eth0), which names an interface of one host. */
function parseIPv6(text: string): bigint | undefined {
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text).parts.reduce((value, part) => (value << 16n) | BigInt(part), 0n);
}

/** An address; undefined if the text is not one. */
export function parseIP(text: string): IP | undefined {
  const four = parseIPv4(text);
  if (four !== undefined) return { family: 'IPv4', value: four };
  const six = parseIPv6(text);
  return six === undefined ? undefined : { family: 'IPv6', value: six };
}

/** A network; undefined if the text is not a CIDR. Host bits are ignored. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const ip = parseIP(address);
  if (!ip || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const bits = Number(length);
  if (ip.family === 'IPv4') {
    if (bits > 32) return undefined;
    const size = 2 ** (32 - bits);
    const first = ip.value - (ip.value % size);
    return { family: 'IPv4', bits, first, last: first + size - 1 };
  }
  if (bits > 128) return undefined;
  const size = 1n << BigInt(128 - bits);
  const first = ip.value - (ip.value % size);
  return { family: 'IPv6', bits, first, last: first + size - 1n };
}

export function contains(network: Network, ip: IP): boolean {
  if (network.family === 'IPv4') {
    return ip.family === 'IPv4' && ip.value >= network.first && ip.value <= network.last;
  }
  return ip.family === 'IPv6' && ip.value >= network.first && ip.value <= network.last;
}

/** Whether every address of `inner` is in `outer`. */
export function includes(outer: Network, inner: Network): boolean {
  return outer.family === inner.family && inner.first >= outer.first && inner.last <= outer.last;
}

export function overlaps(a: Network, b: Network): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
