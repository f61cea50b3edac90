/**
 * Which addresses a member may announce. An address with a different meaning in each cluster, or one that belongs to
 * another cluster, would redirect traffic of other clusters (compare CVE-2021-25737).
 *
 * The fleet file comes first: what it declares for one member is refused from all others. What a member reports about
 * its own network only ever decides about its own endpoints, so that no member can make another one's addresses
 * refused.
 *
 * | address                                               | imported                                     |
 * | ----------------------------------------------------- | -------------------------------------------- |
 * | special range that is never used for pods or nodes    | never                                        |
 * | declared as a Service network of any member           | never                                        |
 * | declared for the member                               | yes                                          |
 * | declared for another member                           | never                                        |
 * | special range, not declared                           | no                                           |
 * | in a Service network that the member reports          | no                                           |
 * | other, and the member has `addresses: Any`            | yes                                          |
 * | other, and the member declares any network            | no                                           |
 * | other                                                 | if it is in a network that its nodes report  |
 */
import type { AddressType } from '../../api/endpoint-slice.ts';
import { type IP, parseIP } from '../../api/ip.ts';
import { isEmpty, lookup, type RangeMap, type RangeSet } from '../../api/range-map.ts';
import { specialRange } from '../../api/special-addresses.ts';
import type { AddressRefusal } from '../export-policy.ts';
import { quoted } from '../message.ts';

/** What the fleet file declares for all members; the values are the names of the members. */
export interface FleetNetworks {
  /** Networks of endpoints. No two members declare the same address. */
  readonly endpoints: RangeMap<string>;
  /** Networks of cluster IPs. */
  readonly services: RangeMap<string>;
}

/** What a member reports about its own network. */
export interface ReportedNetworks {
  /** Pod networks and addresses of the nodes. */
  readonly endpoints: RangeSet;
  readonly services: RangeSet;
  /** All of these, and the addresses of API servers. */
  readonly all: RangeSet;
}

export interface AddressPolicy {
  readonly member: string;
  readonly fleet: FleetNetworks;
  readonly reported: Pick<ReportedNetworks, 'endpoints' | 'services'>;
  /** What the fleet file declares for the member itself. */
  readonly declared: RangeSet;
  /** Whether addresses outside known networks are imported. */
  readonly any: boolean;
}

function parse(address: string, addressType: AddressType): IP | undefined {
  const ip = parseIP(address);
  return ip?.family === addressType ? ip : undefined;
}

function unknownNetwork({ declared, reported }: AddressPolicy): AddressRefusal {
  if (!isEmpty(declared)) return { kind: 'unknown', reason: "is outside the member's declared CIDRs" };
  const where = isEmpty(reported.endpoints)
    ? 'is refused because no networks of the member are known'
    : "is outside the networks of the member's nodes";
  return { kind: 'unknown', reason: `${where}; declare podCIDRs or set addresses: Any in the fleet file` };
}

/** Why an address may not be announced; undefined if it may. */
export function refusal(address: string, addressType: AddressType, policy: AddressPolicy): AddressRefusal | undefined {
  if (addressType === 'FQDN') {
    return { kind: 'invalid', reason: 'is a host name, and only IP addresses can be imported' };
  }
  const ip = parse(address, addressType);
  if (!ip) return { kind: 'invalid', reason: `is not an ${addressType} address` };
  const { member, fleet, reported, declared, any } = policy;
  const special = specialRange(ip);
  if (special?.use === 'never') return { kind: 'special', reason: special.reason };
  const served = lookup(fleet.services, ip);
  if (served !== undefined) return { kind: 'service', reason: `is in the Service network of ${quoted(served)}` };
  if (lookup(declared, ip)) return undefined;
  const owner = lookup(fleet.endpoints, ip);
  if (owner !== undefined && owner !== member) return { kind: 'other', reason: `is in a network of ${quoted(owner)}` };
  if (special) return { kind: 'special', reason: `${special.reason}, and not declared for the member` };
  if (lookup(reported.services, ip)) return { kind: 'service', reason: "is in the member's Service network" };
  if (any) return undefined;
  return isEmpty(declared) && lookup(reported.endpoints, ip) ? undefined : unknownNetwork(policy);
}
