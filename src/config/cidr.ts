/** The CIDRs that members declare. */
import ipaddr from 'ipaddr.js';

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Four decimal parts or plain IPv6; the short and octal forms that inet_aton knows are not CIDRs here. */
function parse(text: string): Range | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text) && !ipaddr.IPv6.isValidCIDR(text)) return undefined;
  const [address, bits] = ipaddr.parseCIDR(text);
  return text.includes('%') ? undefined : [address, bits];
}

/** What is wrong with a CIDR, and what to write instead; undefined where nothing is. */
export function cidrProblem(text: string): string | undefined {
  const range = parse(text);
  if (!range) {
    return `${JSON.stringify(text)} is not a CIDR; write an address and a prefix length such as 10.0.0.0/16`;
  }
  const [address, bits] = range;
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    return `${JSON.stringify(text)} is an IPv4-mapped IPv6 range; write it as IPv4`;
  }
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(text).toString()
      : ipaddr.IPv6.networkAddressFromCIDR(text).toString();
  if (network !== address.toString()) {
    return `${JSON.stringify(text)} names a host, not a network; write ${network}/${bits}`;
  }
  return undefined;
}

/** Whether two CIDRs share an address. False where either is not a CIDR. */
export function cidrsOverlap(a: string, b: string): boolean {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right || left[0].kind() !== right[0].kind()) return false;
  return left[0].match(right[0], Math.min(left[1], right[1]));
}
