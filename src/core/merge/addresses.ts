/**
 * Which addresses a member may announce. An address with a different meaning in each cluster, or one that belongs to
 * another cluster, would redirect traffic of other clusters (compare CVE-2021-25737).
 */
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import type { AddressType } from '../../api/endpoint-slice.ts';

/** Special ranges (names of ipaddr.js, from the IANA registries of RFC 6890) that are never announced. */
const REFUSED: Readonly<Record<string, string>> = {
  unspecified: 'is unspecified',
  loopback: 'is loopback',
  linkLocal: 'is link-local',
  multicast: 'is multicast',
  broadcast: 'is the broadcast address',
  ipv4Mapped: 'is an IPv4 address written as IPv6',
};

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Ranges of the addresses that a member may announce; without any, every unicast address is accepted. */
export interface AddressPolicy {
  readonly ranges: readonly Range[];
}

/** The policy of a member that declares these CIDRs, which must be valid. */
export function addressPolicy(cidrs: readonly string[]): AddressPolicy {
  return { ranges: cidrs.map((cidr) => ipaddr.parseCIDR(cidr)) };
}

function parse(address: string, addressType: AddressType): IPv4 | IPv6 | undefined {
  if (addressType === 'IPv4')
    return ipaddr.IPv4.isValidFourPartDecimal(address) ? ipaddr.IPv4.parse(address) : undefined;
  // A zone (fe80::1%eth0) names an interface of one host.
  return ipaddr.IPv6.isValid(address) && !address.includes('%') ? ipaddr.IPv6.parse(address) : undefined;
}

/** Why an address may not be announced, as the predicate of a message; undefined if it may. */
export function refusal(address: string, addressType: AddressType, { ranges }: AddressPolicy): string | undefined {
  if (addressType === 'FQDN') return 'is a host name, and only IP addresses can be imported';
  const parsed = parse(address, addressType);
  if (!parsed) return `is not an ${addressType} address`;
  const reason = REFUSED[parsed.range()];
  if (reason !== undefined) return reason;
  if (ranges.length === 0 || ranges.some((range) => range[0].kind() === parsed.kind() && parsed.match(range)))
    return undefined;
  return "is outside the member's declared CIDRs";
}
