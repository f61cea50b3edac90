import type { Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { HEADER_BYTES } from '../wire/protocol.ts';
import { MAX_QUERY_BYTES } from '../wire/query.ts';
import { networkOf } from './rate-limit.ts';

export interface ConnectionOptions {
  readonly respond: (packet: Buffer, client: string) => Buffer | undefined;
  readonly clock: Clock;
  /** Bytes of unread responses above which no more queries are answered. */
  readonly unsentBytes: number;
  /** Called when there may be a query to answer; the connection is answered by {@link Connection.answer}. */
  readonly ready: (connection: Connection) => void;
}

const LENGTH_BYTES = 2;

/** One client's connection: messages with a length prefix, answered in order. */
export class Connection {
  readonly socket: Socket;
  /** The client's network, which shares the server with others. */
  readonly network: string;
  /** Time of the last query, or of the connection. */
  askedAt: number;
  readonly #options: ConnectionOptions;
  readonly #client: string;
  #pending: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.#options = options;
    this.#client = socket.remoteAddress ?? '';
    this.network = networkOf(this.#client);
    this.askedAt = options.clock.now();
  }

  listen(): void {
    const { socket } = this;
    const { ready } = this.#options;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
      // What was read is answered first, so a client cannot fill the memory.
      socket.pause();
      ready(this);
    });
    socket.on('drain', () => ready(this));
    socket.on('end', () => {
      this.#ended = true;
      ready(this);
    });
    socket.on('error', () => socket.destroy());
  }

  /** Answers up to `count` complete queries; returns whether there are more that can be answered now. */
  answer(count: number): boolean {
    const { socket } = this;
    if (socket.destroyed) return false;
    socket.cork();
    let more = true;
    for (let left = count; left > 0 && more; left--) more = this.#answerNext();
    socket.uncork();
    return more;
  }

  #answerNext(): boolean {
    const { socket } = this;
    const length = this.#pending.length < LENGTH_BYTES ? undefined : this.#pending.readUInt16BE(0);
    if (length !== undefined && (length < HEADER_BYTES || length > MAX_QUERY_BYTES)) {
      // The start of the next message is unknown. Responses to earlier queries are still sent.
      socket.destroySoon();
      return false;
    }
    const end = LENGTH_BYTES + (length ?? 0);
    if (length === undefined || this.#pending.length < end) {
      if (this.#ended) socket.end();
      else socket.resume();
      return false;
    }
    if (socket.writableLength > this.#options.unsentBytes) return false;
    const response = this.#options.respond(this.#pending.subarray(LENGTH_BYTES, end), this.#client);
    this.#pending = this.#pending.subarray(end);
    this.askedAt = this.#options.clock.now();
    if (response) socket.write(framed(response));
    return true;
  }
}

/** Adds the length prefix to a message. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, LENGTH_BYTES);
  return frame;
}
