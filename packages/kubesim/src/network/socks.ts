/** SOCKS5 messages. Source: RFC 1928; RFC 1929 for user names and passwords. */
import ipaddr from 'ipaddr.js';

export const VERSION = 5;
/** Version of the username/password subnegotiation. */
export const AUTH_VERSION = 1;

/** Authentication methods. */
export const METHOD = { none: 0, password: 2, unacceptable: 0xff } as const;

export const COMMAND = { connect: 1 } as const;

export const REPLY = {
  succeeded: 0,
  generalFailure: 1,
  hostUnreachable: 4,
  connectionRefused: 5,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;
export type Reply = (typeof REPLY)[keyof typeof REPLY];

const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** Reads exactly this number of bytes; rejects if the connection ends first. */
export type Read = (bytes: number) => Promise<Buffer>;

/** The authentication methods offered in the first message; undefined if it is not SOCKS5. */
export async function readMethods(read: Read): Promise<readonly number[] | undefined> {
  const [version = 0, count = 0] = await read(2);
  if (version !== VERSION) return undefined;
  return [...(await read(count))];
}

/** The user name; the password is read and ignored. */
export async function readUser(read: Read): Promise<string | undefined> {
  const [version = 0, length = 0] = await read(2);
  if (version !== AUTH_VERSION) return undefined;
  const user = (await read(length)).toString('utf8');
  const [secret = 0] = await read(1);
  await read(secret);
  return user;
}

export interface Request {
  readonly command: number;
  readonly host: string;
  readonly port: number;
}

/** A request, or the error reply to one that cannot be parsed. */
export async function readRequest(read: Read): Promise<Request | Reply> {
  const [version = 0, command = 0, , type = 0] = await read(4);
  if (version !== VERSION) return REPLY.generalFailure;
  const host = await readHost(read, type);
  if (host === undefined) return REPLY.addressTypeNotSupported;
  return { command, host, port: (await read(2)).readUInt16BE(0) };
}

async function readHost(read: Read, type: number): Promise<string | undefined> {
  if (type === ADDRESS.name) {
    const [length = 0] = await read(1);
    return (await read(length)).toString('latin1');
  }
  const bytes = type === ADDRESS.ipv4 ? 4 : type === ADDRESS.ipv6 ? 16 : undefined;
  return bytes === undefined ? undefined : ipaddr.fromByteArray([...(await read(bytes))]).toString();
}

/** Encodes a reply. The bound address is meaningless here, and sent as zero. */
export function replyBytes(reply: Reply): Buffer {
  return Buffer.from([VERSION, reply, 0, ADDRESS.ipv4, 0, 0, 0, 0, 0, 0]);
}
