/** Clients of a DNS server on loopback. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { framed } from '../../../src/dns/server/tcp.ts';

/** Where a server answers. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Sends one datagram and gives the answer; undefined where none comes in `ms` milliseconds. */
export async function askUdp({ host, port }: Target, packet: Buffer, ms = 5000): Promise<Buffer | undefined> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.send(packet, port, host);
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(ms) })) as [Buffer];
    return answer;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** A TCP connection that takes messages apart. */
export class TcpClient {
  readonly socket: Socket;
  readonly #messages: Buffer[] = [];
  #held: Buffer = Buffer.alloc(0);
  closed = false;

  constructor({ host, port }: Target) {
    this.socket = connect({ host, port });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      while (this.#held.length >= 2 && this.#held.length >= 2 + this.#held.readUInt16BE(0)) {
        const end = 2 + this.#held.readUInt16BE(0);
        this.#messages.push(this.#held.subarray(2, end));
        this.#held = this.#held.subarray(end);
      }
    });
  }

  send(...packets: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(packets.map(framed)));
  }

  /** Messages that came so far. */
  get messages(): readonly Buffer[] {
    return this.#messages;
  }
}

/** Asks one question by TCP. */
export async function askTcp(target: Target, packet: Buffer): Promise<Buffer> {
  const client = new TcpClient(target);
  client.send(packet);
  while (client.messages.length === 0 && !client.closed) await once(client.socket, 'data');
  client.socket.destroy();
  const [answer] = client.messages;
  if (!answer) throw new Error('the server closed the connection');
  return answer;
}
