/** The CIDRs that members declare. */
import ipaddr from 'ipaddr.js';
import { parseNetwork } from '../api/ip.ts';
import { specialNetwork } from '../api/special-addresses.ts';

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Accepts four decimal parts or plain IPv6, not the short and octal forms of inet_aton. */
function parse(text: string): Range | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text) && !ipaddr.IPv6.isValidCIDR(text)) return undefined;
  const [address, bits] = ipaddr.parseCIDR(text);
  return text.includes('%') ? undefined : [address, bits];
}

/** Shorter prefixes cover addresses of other networks, or all of them. */
const SHORTEST = { ipv4: 8, ipv6: 16 } as const;

/** The problem with a CIDR, and how to fix it; undefined if it is valid. */
export function cidrProblem(text: string): string | undefined {
  const range = parse(text);
  if (!range) {
    return `${JSON.stringify(text)} is not a CIDR; use an address and a prefix length, such as 10.0.0.0/16`;
  }
  const [address, bits] = range;
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    return `${JSON.stringify(text)} is an IPv4-mapped IPv6 range; use IPv4 notation`;
  }
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(text).toString()
      : ipaddr.IPv6.networkAddressFromCIDR(text).toString();
  if (network !== address.toString()) {
    return `${JSON.stringify(text)} has host bits set; use ${network}/${bits}`;
  }
  const shortest = SHORTEST[address.kind()];
  if (bits < shortest) return `${JSON.stringify(text)} is too large; use a prefix length of at least ${shortest}`;
  const parsed = parseNetwork(text);
  const special = parsed && specialNetwork(parsed);
  if (special?.use === 'never') return `${JSON.stringify(text)} ${special.reason}; use a network of pods or nodes`;
  return undefined;
}
