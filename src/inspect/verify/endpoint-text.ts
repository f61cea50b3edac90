/** Endpoints as arguments of `catamaran probe`: `http://amcs-web.shop:80`, `tcp://[fd00::1]:3306`. */
import { isIPv6 } from 'node:net';
import type { Endpoint } from './answer.ts';

const FORM = /^(?<scheme>http|tcp):\/\/(?:\[(?<six>[\da-fA-F:.]+)\]|(?<host>[\w.-]{1,253})):(?<port>\d{1,5})\/?$/;

export function endpointText({ host, port, http }: Endpoint): string {
  return `${http ? 'http' : 'tcp'}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Undefined if the text has another form. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const { scheme, six, host = six, port } = FORM.exec(text)?.groups ?? {};
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535 || (six !== undefined && !isIPv6(six))) return undefined;
  return { host, port: number, http: scheme === 'http' };
}
