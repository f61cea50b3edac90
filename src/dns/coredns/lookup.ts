/** Sends one DNS query as a resolver in a pod does: over UDP, and again over TCP if the response is truncated. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import type { Address } from '../../runtime/address.ts';
import { framed } from '../server/tcp-connection.ts';
import { parseName } from '../wire/name.ts';
import { EDNS_UDP_BYTES, FLAG } from '../wire/protocol.ts';
import { encodeQuery, type Message, parseMessage } from '../wire/wire-message.ts';

export interface AskOptions {
  readonly transport: 'udp' | 'tcp';
  readonly signal: AbortSignal;
}

/** Rejects with the signal's reason, a socket error, or a RangeError for a malformed response. */
export async function ask(
  server: Address,
  id: number,
  name: string,
  type: number,
  { transport, signal }: AskOptions,
): Promise<Message> {
  const packet = encodeQuery({ id, name: parseName(name), type, udpBytes: EDNS_UDP_BYTES, recursion: true });
  const bytes = transport === 'udp' ? await overUdp(server, packet, signal) : await overTcp(server, packet, signal);
  const message = parseMessage(bytes);
  const truncated = transport === 'udp' && (message.flags & FLAG.TC) !== 0;
  return truncated ? ask(server, id, name, type, { transport: 'tcp', signal }) : message;
}

async function overUdp({ host, port }: Address, packet: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    // A connected socket receives only this server's packets, and reports a closed port.
    socket.connect(port, host);
    await once(socket, 'connect', { signal });
    socket.send(packet);
    for (;;) {
      const [answer] = await once(socket, 'message', { signal });
      if (Buffer.isBuffer(answer) && answer.length >= 2 && answer.readUInt16BE(0) === packet.readUInt16BE(0))
        return answer;
    }
  } finally {
    socket.close();
  }
}

async function overTcp({ host, port }: Address, packet: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, 'connect', { signal });
    socket.write(framed(packet));
    let received: Buffer = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0))
        return received.subarray(2, 2 + received.readUInt16BE(0));
    }
    throw new Error('the server closed the connection');
  } finally {
    socket.destroy();
  }
}
