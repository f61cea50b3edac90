/** Addresses to listen on, as options write them. */
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Address } from '../runtime/address.ts';

function read(text: string): Address | undefined {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535) return undefined;
  return { host: match[1]?.replace(/[[\]]/g, '') || '127.0.0.1', port };
}

/** `HOST:PORT`, `[IPv6]:PORT`, or `PORT` of 127.0.0.1. Throws InvalidArgumentError. */
export function parseAddress(text: string): Address {
  const address = read(text);
  if (address) return address;
  throw new InvalidArgumentError('Write HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:9470.');
}

/** The same, or `none`. */
export function parseOptionalAddress(text: string): Address | 'none' {
  return text === 'none' ? 'none' : parseAddress(text);
}

/** The same as {@link parseAddress}, without names: UDP answers come from the very address that was asked. */
export function parseIpAddress(text: string): Address {
  const address = read(text);
  if (!address || isIP(address.host) === 0) {
    throw new InvalidArgumentError('Write an IP address and a port, such as 127.0.0.1:5353 or [::]:53.');
  }
  return address;
}

const DNS_PORT = 53;

/** Where a DNS server answers: an IP address, and a port where it is not 53. Throws InvalidArgumentError. */
export function parseDnsServer(text: string): Address {
  const bare = /^\[(?<six>.+)\]$/.exec(text)?.groups?.six ?? text;
  const address = isIP(bare) === 0 ? read(text) : { host: bare, port: DNS_PORT };
  if (address && isIP(address.host) !== 0 && address.port > 0 && text.includes(address.host)) return address;
  const examples = '10.96.0.53, 10.96.0.53:5353 or [fd00::53]:5353';
  throw new InvalidArgumentError(`Write an IP address, with a port where it is not 53: ${examples}.`);
}
