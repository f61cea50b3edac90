/** Asks a DNS server one question, as a resolver in a pod does: by UDP, and by TCP where the answer was cut. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import type { Address } from '../../runtime/address.ts';
import { framed } from '../server/tcp.ts';
import { parseName } from '../wire/name.ts';
import { EDNS_UDP_BYTES, FLAG } from '../wire/protocol.ts';
import { encodeQuery, type Message, parseMessage } from '../wire/wire-message.ts';

/** The way a question takes. */
export interface AskOptions {
  readonly transport: 'udp' | 'tcp';
  readonly signal: AbortSignal;
}

/** Asks; rejects with the signal's reason, an error of the socket, or a RangeError for an answer that is broken. */
export async function ask(
  server: Address,
  id: number,
  name: string,
  type: number,
  { transport, signal }: AskOptions,
): Promise<Message> {
  const packet = encodeQuery({ id, name: parseName(name), type, udpBytes: EDNS_UDP_BYTES, recursion: true });
  const bytes = transport === 'udp' ? await byUdp(server, packet, signal) : await byTcp(server, packet, signal);
  const message = parseMessage(bytes);
  const cut = transport === 'udp' && (message.flags & FLAG.TC) !== 0;
  return cut ? ask(server, id, name, type, { transport: 'tcp', signal }) : message;
}

async function byUdp({ host, port }: Address, packet: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    // Connected, so that only this server's packets come in, and a closed port shows.
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

async function byTcp({ host, port }: Address, packet: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, 'connect', { signal });
    socket.write(framed(packet));
    let held: Buffer = Buffer.alloc(0);
    for await (const chunk of socket) {
      held = Buffer.concat([held, chunk]);
      if (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0))
        return held.subarray(2, 2 + held.readUInt16BE(0));
    }
    throw new Error('the server closed the connection');
  } finally {
    socket.destroy();
  }
}
