/** Where something listens or answers. */
import { isIPv6 } from 'node:net';

/** A host, by address or name, and a port; port 0 lets the system choose. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `10.96.0.10:53`, `[fd00::a]:53` (RFC 3986, section 3.2.2). */
export function hostPort({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
