/** Addresses to listen on, as options write them. */
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Address } from '../api/address.ts';

/** `HOST:PORT`, `[IPv6]:PORT`, or `PORT` of 127.0.0.1. Throws InvalidArgumentError. */
export function parseAddress(text: string): Address {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535) {
    throw new InvalidArgumentError('Write HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:9470.');
  }
  return { host: match[1]?.replace(/[[\]]/g, '') || '127.0.0.1', port };
}

/** The same, or `none`. */
export function parseOptionalAddress(text: string): Address | 'none' {
  return text === 'none' ? 'none' : parseAddress(text);
}

/** The same as {@link parseAddress}, without names: UDP answers come from the very address that was asked. */
export function parseIpAddress(text: string): Address {
  const address = parseAddress(text);
  if (isIP(address.host) === 0) {
    throw new InvalidArgumentError('Write an IP address and a port, such as 127.0.0.1:5353 or [::]:53.');
  }
  return address;
}
