/** The CIDRs that members declare. */
import ipaddr from 'ipaddr.js';

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Accepts four decimal parts or plain IPv6, not the short and octal forms of inet_aton. */
function parse(text: string): Range | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text) && !ipaddr.IPv6.isValidCIDR(text)) return undefined;
  const [address, bits] = ipaddr.parseCIDR(text);
  return text.includes('%') ? undefined : [address, bits];
}

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
  return undefined;
}

/** Whether two CIDRs share an address; false if either is invalid. */
export function cidrsOverlap(a: string, b: string): boolean {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right || left[0].kind() !== right[0].kind()) return false;
  return left[0].match(right[0], Math.min(left[1], right[1]));
}
