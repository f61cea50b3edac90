/** Sends one DNS query as a resolver in a pod does: over UDP, and again over TCP if the response is truncated. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from '../../runtime/address.ts';
import { framed } from '../server/tcp-connection.ts';
import { parseName } from '../wire/name.ts';
import { EDNS_UDP_BYTES, FLAG } from '../wire/protocol.ts';
import { encodeQuery, type Message, parseMessage } from '../wire/wire-message.ts';

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: number;
}

export interface AskOptions {
  readonly transport: 'udp' | 'tcp';
  readonly signal: AbortSignal;
}

/** Rejects with the signal's reason, a socket error, or a RangeError for a malformed response. */
export async function ask(server: Address, question: Question, { transport, signal }: AskOptions): Promise<Message> {
  const packet = packetOf(question);
  if (transport === 'udp') {
    const message = parseMessage(await overUdp(server, packet, signal));
    if ((message.flags & FLAG.TC) === 0) return message;
  }
  return await askOver(connect({ ...server, signal }), question);
}

/** Sends the query over a stream that is open, or about to be; closes it. */
export async function askOver(stream: Duplex, question: Question): Promise<Message> {
  try {
    stream.write(framed(packetOf(question)));
    let received: Buffer = Buffer.alloc(0);
    for await (const chunk of stream) {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0))
        return parseMessage(received.subarray(2, 2 + received.readUInt16BE(0)));
    }
    throw new Error('the server closed the connection');
  } finally {
    stream.destroy();
  }
}

function packetOf({ id, name, type }: Question): Buffer {
  return encodeQuery({ id, name: parseName(name), type, udpBytes: EDNS_UDP_BYTES, recursion: true });
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
