/** DNS clients. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { framed } from '../../../src/dns/server/tcp-connection.ts';

/** Address of a DNS server. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Sends one datagram and returns the response; undefined if none arrives within `ms` milliseconds. */
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

/** A TCP connection that splits the stream into messages. */
export class TcpClient {
  readonly socket: Socket;
  readonly #messages: Buffer[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  closed = false;

  /** @param from address of this client; default: chosen by the system. */
  constructor({ host, port }: Target, from?: string) {
    this.socket = connect({ host, port, ...(from !== undefined && { localAddress: from }) });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      while (this.#buffer.length >= 2 && this.#buffer.length >= 2 + this.#buffer.readUInt16BE(0)) {
        const end = 2 + this.#buffer.readUInt16BE(0);
        this.#messages.push(this.#buffer.subarray(2, end));
        this.#buffer = this.#buffer.subarray(end);
      }
    });
  }

  send(...packets: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(packets.map(framed)));
  }

  /** Messages received so far. */
  get messages(): readonly Buffer[] {
    return this.#messages;
  }
}

/** Sends one query over TCP. */
export async function askTcp(target: Target, packet: Buffer): Promise<Buffer> {
  const client = new TcpClient(target);
  client.send(packet);
  while (client.messages.length === 0 && !client.closed) await once(client.socket, 'data');
  client.socket.destroy();
  const [answer] = client.messages;
  if (!answer) throw new Error('the server closed the connection');
  return answer;
}
