/**
 * Ranges with a meaning of their own, which are not ordinary addresses of pods or nodes. Sources: the IANA registries
 * of special-purpose addresses (RFC 6890), RFC 4291 for IPv6, and the documentation of cloud providers for the addresses
 * of their metadata services, which hand out credentials.
 */
import { contains, type IP, includes, type Network, parseIP, parseNetwork } from './ip.ts';

/**
 * `never`: not importable at all. `declared`: some networks do use it for pods or nodes, so it is importable if the fleet
 * file declares it.
 */
export type SpecialUse = 'never' | 'declared';

export interface SpecialRange {
  readonly use: SpecialUse;
  /** The predicate of a message: `is loopback`. */
  readonly reason: string;
}

/** In order of precedence: the first range that contains an address applies. */
const TABLE: readonly (readonly [cidr: string, use: SpecialUse, reason: string])[] = [
  ['100.100.100.200/32', 'never', 'is a metadata service (Alibaba Cloud)'],
  ['168.63.129.16/32', 'never', 'is a metadata service (Azure)'],
  ['169.254.0.0/16', 'never', 'is link-local'], // RFC 3927; also the metadata services of AWS, Azure and Google Cloud
  ['0.0.0.0/32', 'never', 'is unspecified'],
  ['0.0.0.0/8', 'never', 'is in "this network"'], // RFC 791, section 3.2
  ['127.0.0.0/8', 'never', 'is loopback'], // RFC 1122, section 3.2.1.3
  ['192.0.0.0/24', 'never', 'is reserved for protocols'], // RFC 6890; 192.0.0.192 is Oracle Cloud's metadata service
  ['192.88.99.0/24', 'never', 'is a 6to4 relay'], // RFC 7526
  ['224.0.0.0/4', 'never', 'is multicast'], // RFC 5771
  ['255.255.255.255/32', 'never', 'is the broadcast address'], // RFC 919
  ['100.64.0.0/10', 'declared', 'is shared address space'], // RFC 6598; pods of EKS and ACK
  ['192.0.2.0/24', 'declared', 'is for documentation'], // RFC 5737
  ['198.51.100.0/24', 'declared', 'is for documentation'], // RFC 5737
  ['203.0.113.0/24', 'declared', 'is for documentation'], // RFC 5737
  ['192.31.196.0/24', 'declared', 'is reserved for AS112'], // RFC 7535
  ['192.52.193.0/24', 'declared', 'is reserved for AMT'], // RFC 7450
  ['192.175.48.0/24', 'declared', 'is reserved for AS112'], // RFC 7534
  ['198.18.0.0/15', 'declared', 'is for benchmarks'], // RFC 2544; pods of EKS with custom networking
  ['240.0.0.0/4', 'declared', 'is reserved'], // RFC 1112, section 4; pods of GKE
  ['fd00:ec2::/32', 'never', 'is a metadata service (AWS)'], // fd00:ec2::254 and other services of EC2 instances
  ['fd20:ce::254/128', 'never', 'is a metadata service (Google Cloud)'],
  ['fd00:c1::a9fe:a9fe/128', 'never', 'is a metadata service (Oracle Cloud)'],
  ['fd00:42::42/128', 'never', 'is a metadata service (Scaleway)'],
  ['::/128', 'never', 'is unspecified'],
  ['::1/128', 'never', 'is loopback'],
  ['::ffff:0:0/96', 'never', 'is an IPv4 address written as IPv6'], // RFC 4291, section 2.5.5.2
  ['64:ff9b::/96', 'never', 'is an IPv4 address behind NAT64'], // RFC 6052
  ['64:ff9b:1::/48', 'never', 'is an IPv4 address behind NAT64'], // RFC 8215
  ['::/8', 'never', 'is reserved'], // RFC 4291, section 2.5.5.1: IPv4-compatible; RFC 2765: IPv4-translated
  ['2001::/32', 'never', 'is an IPv4 address in a Teredo tunnel'], // RFC 4380
  ['2001:2::/48', 'declared', 'is for benchmarks'], // RFC 5180
  ['2001::/23', 'never', 'is reserved for protocols'], // RFC 2928
  ['2002::/16', 'never', 'is an IPv4 address in a 6to4 tunnel'], // RFC 3056
  ['2001:db8::/32', 'declared', 'is for documentation'], // RFC 3849
  ['3fff::/20', 'declared', 'is for documentation'], // RFC 9637
  ['fe80::/10', 'never', 'is link-local'], // RFC 4291, section 2.5.6
  ['ff00::/8', 'never', 'is multicast'], // RFC 4291, section 2.7
];

/** The only unicast IPv6 networks in use: global (RFC 4291, section 2.4) and unique local (RFC 4193). */
const UNICAST_IPV6 = ['2000::/3', 'fc00::/7'].map(required);

const NOT_UNICAST: SpecialRange = { use: 'never', reason: 'is reserved' };

function required(cidr: string): Network {
  const network = parseNetwork(cidr);
  if (!network) throw new TypeError(`not a CIDR: ${cidr}`);
  return network;
}

const ROWS = TABLE.map(([cidr, use, reason]) => ({ network: required(cidr), use, reason }));
const BY_FAMILY = {
  IPv4: ROWS.filter(({ network }) => network.family === 'IPv4'),
  IPv6: ROWS.filter(({ network }) => network.family === 'IPv6'),
};

/** The special range of an address; undefined for an ordinary unicast address. */
export function specialRange(ip: IP): SpecialRange | undefined {
  const row = BY_FAMILY[ip.family].find(({ network }) => contains(network, ip));
  if (row) return row;
  return ip.family === 'IPv4' || UNICAST_IPV6.some((network) => contains(network, ip)) ? undefined : NOT_UNICAST;
}

/** The special range that a whole network is in; undefined if it has other addresses, too. */
export function specialNetwork(network: Network): SpecialRange | undefined {
  const row = BY_FAMILY[network.family].find((each) => includes(each.network, network));
  if (row) return row;
  return network.family === 'IPv4' || UNICAST_IPV6.some((each) => includes(each, network)) ? undefined : NOT_UNICAST;
}

/** {@link specialRange} of a text. An address that cannot be parsed is none. */
export function specialAddress(text: string): SpecialRange | undefined {
  const ip = parseIP(text);
  return ip && specialRange(ip);
}
