/** Parsers of addresses in options. Each throws InvalidArgumentError with the allowed forms. */
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Address } from '../runtime/address.ts';

function read(text: string): Address | undefined {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535) return undefined;
  return { host: match[1]?.replace(/[[\]]/g, '') || '127.0.0.1', port };
}

/** `HOST:PORT`, `[IPv6]:PORT`, `PORT` of 127.0.0.1, or `none`. */
export function parseOptionalAddress(text: string): Address | 'none' {
  const address = text === 'none' ? 'none' : read(text);
  if (address) return address;
  throw new InvalidArgumentError('Allowed: HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:9470, or none.');
}

/** An IP address and a port. Host names are rejected, since a UDP response must come from the queried address. */
export function parseIpAddress(text: string): Address {
  const address = read(text);
  if (address && isIP(address.host) !== 0) return address;
  throw new InvalidArgumentError('Allowed: an IP address and a port, such as 127.0.0.1:5353 or [::]:53.');
}

const DNS_PORT = 53;

/** The address of a DNS server: an IP address, and a port if it is not 53. */
export function parseDnsServer(text: string): Address {
  const bare = /^\[(?<six>.+)\]$/.exec(text)?.groups?.six ?? text;
  const address = isIP(bare) === 0 ? read(text) : { host: bare, port: DNS_PORT };
  if (address && isIP(address.host) !== 0 && address.port > 0 && text.includes(address.host)) return address;
  const forms = '10.96.0.53, 10.96.0.53:5353 or [fd00::53]:5353';
  throw new InvalidArgumentError(`Allowed: an IP address with an optional port, such as ${forms}.`);
}
