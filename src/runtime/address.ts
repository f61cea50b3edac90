import { isIPv6 } from 'node:net';

/** `host` is an address or a name; the system chooses a port for 0. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `10.96.0.10:53`, `[fd00::a]:53` (RFC 3986, section 3.2.2). */
export function hostPort({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
