/** Addresses that a stored kubeconfig may not use: a service there may trust every client that can reach it. */
import ipaddr from 'ipaddr.js';

/** Ranges of ipaddr.js (from RFC 6890) for this machine, its link, or no single host. */
const LOCAL_RANGES: Readonly<Record<string, string>> = {
  unspecified: 'is unspecified',
  loopback: 'is loopback',
  linkLocal: 'is link-local',
  multicast: 'is multicast',
  broadcast: 'is the broadcast address',
};

/** Metadata services of clouds outside the link-local ranges: AWS, Alibaba Cloud, Azure, Oracle Cloud. */
const METADATA: ReadonlySet<string> = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192']);

const CARRIERS: readonly (readonly [cidr: string, at: number, mask: number])[] = [
  ['::/96', 12, 0],
  ['::ffff:0:0/96', 12, 0],
  ['::ffff:0:0:0/96', 12, 0],
  ['64:ff9b::/96', 12, 0],
  ['64:ff9b:1::/48', 12, 0],
  ['2002::/16', 2, 0],
  // Teredo inverts the address of the client.
  ['2001::/32', 12, 0xff],
];

/** The IPv4 address that a translator or tunnel takes from an IPv6 address (RFC 4291, 6052, 8215, 3056, 4380). */
function carried(address: ipaddr.IPv6): string | undefined {
  const bytes = address.toByteArray();
  for (const [cidr, at, mask] of CARRIERS) {
    if (!address.match(ipaddr.IPv6.parseCIDR(cidr))) continue;
    return bytes
      .slice(at, at + 4)
      .map((byte) => byte ^ mask)
      .join('.');
  }
  return undefined;
}

/** Why the address may not be used, as the predicate of a message; undefined if it may. */
export function localAddress(address: string): string | undefined {
  const parsed = ipaddr.parse(address.split('%', 1)[0] ?? '');
  if (METADATA.has(parsed.toString())) return 'is the metadata service of a cloud';
  const reason = LOCAL_RANGES[parsed.range()];
  if (reason !== undefined || parsed instanceof ipaddr.IPv4) return reason;
  const inner = carried(parsed);
  const problem = inner === undefined ? undefined : localAddress(inner);
  return problem === undefined ? undefined : `stands for ${inner}, which ${problem}`;
}

/** The same for the host of a URL. Other names are checked when they are resolved. */
export function localHost(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(host)) return localAddress(host);
  return /(^|\.)localhost$/i.test(host) ? 'is this machine' : undefined;
}
