/** Addresses that a stored kubeconfig may not use: a service there may trust every client that can reach it. */
import { parseIP } from '../../api/ip.ts';
import { specialRange } from '../../api/special-addresses.ts';

/** Prefixes of NAT64 (RFC 6052, RFC 8215) and of IPv4 addresses written as IPv6 (RFC 4291), followed by the address. */
const CARRIERS: readonly bigint[] = [0xffffn, 0x0064_ff9b_0000_0000_0000_0000n, 0x0064_ff9b_0001_0000_0000_0000n];

/** The IPv4 address in an IPv6 address; undefined if it has none. */
function carried(value: bigint): string | undefined {
  if (!CARRIERS.includes(value >> 32n)) return undefined;
  return [24n, 16n, 8n, 0n].map((bits) => (value >> bits) & 0xffn).join('.');
}

/** Why the address may not be used, as the predicate of a message; undefined if it may. */
export function localAddress(address: string): string | undefined {
  const ip = parseIP(address.split('%', 1)[0] ?? '');
  if (!ip) return 'is not an IP address';
  const inner = ip.family === 'IPv6' ? carried(ip.value) : undefined;
  if (inner !== undefined) {
    const problem = localAddress(inner);
    return problem === undefined ? undefined : `stands for ${inner}, which ${problem}`;
  }
  const special = specialRange(ip);
  // Some networks use the other special ranges for their nodes.
  return special?.use === 'never' ? special.reason : undefined;
}

/** The same for the host of a URL. Other names are checked when they are resolved. */
export function localHost(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (parseIP(host)) return localAddress(host);
  return /(^|\.)localhost$/i.test(host) ? 'is this machine' : undefined;
}
