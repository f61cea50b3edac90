/**
 * DNS over TCP: messages with a two-byte length prefix, pipelined and answered in order (RFC 7766). Connections, the
 * time for a complete query, and unread responses are bounded.
 */
import { createServer, type Socket } from 'node:net';
import type { Address } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { closeServer } from '../../runtime/close-server.ts';
import { HEADER_BYTES } from '../wire/protocol.ts';
import { MAX_QUERY_BYTES } from '../wire/query.ts';

export interface TcpLimits {
  /** Concurrent connections. Another one closes the one that has been idle longest. */
  readonly connections: number;
  /** Milliseconds within which a complete query must arrive and earlier responses must be read. */
  readonly idleMs: number;
  /** Bytes of unread responses above which no more queries are read from the connection. */
  readonly unsentBytes: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = { connections: 512, idleMs: 10_000, unsentBytes: 256 * 1024 };

/** Milliseconds between checks for idle connections. */
const SWEEP_MS = 1000;
/** Milliseconds for clients to read their last responses when the server stops. */
const GRACE_MS = 1000;
const LENGTH_BYTES = 2;

export interface TcpOptions {
  readonly respond: (packet: Buffer, client: string) => Buffer | undefined;
  readonly clock: Clock;
  readonly limits?: Partial<TcpLimits>;
}

class Connection {
  readonly socket: Socket;
  /** Time of the last query, or of the connection. */
  askedAt: number;
  readonly #options: TcpOptions;
  readonly #limits: TcpLimits;
  readonly #client: string;
  #pending: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(socket: Socket, options: TcpOptions, limits: TcpLimits) {
    this.socket = socket;
    this.#options = options;
    this.#limits = limits;
    this.#client = socket.remoteAddress ?? '';
    this.askedAt = options.clock.now();
  }

  listen(): void {
    const { socket } = this;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
      this.#work();
    });
    socket.on('drain', () => this.#work());
    socket.on('end', () => {
      this.#ended = true;
      this.#work();
    });
    socket.on('error', () => socket.destroy());
  }

  /** Answers all complete queries, for as long as the client reads the responses. */
  #work(): void {
    const { socket } = this;
    socket.cork();
    while (this.#pending.length >= LENGTH_BYTES && !socket.destroyed) {
      const length = this.#pending.readUInt16BE(0);
      if (length < HEADER_BYTES || length > MAX_QUERY_BYTES) {
        // The start of the next message is unknown. Responses to earlier queries are still sent.
        socket.uncork();
        socket.pause();
        socket.destroySoon();
        return;
      }
      const end = LENGTH_BYTES + length;
      if (this.#pending.length < end) break;
      if (socket.writableLength > this.#limits.unsentBytes) {
        socket.uncork();
        socket.pause();
        return;
      }
      const response = this.#options.respond(this.#pending.subarray(LENGTH_BYTES, end), this.#client);
      this.#pending = this.#pending.subarray(end);
      this.askedAt = this.#options.clock.now();
      if (response) socket.write(framed(response));
    }
    socket.uncork();
    if (this.#ended) socket.end();
    else socket.resume();
  }
}

/** Adds the length prefix to a message. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, LENGTH_BYTES);
  return frame;
}

class Connections {
  readonly #options: TcpOptions;
  readonly #limits: TcpLimits;
  readonly #open = new Set<Connection>();

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_TCP_LIMITS, ...options.limits };
  }

  get size(): number {
    return this.#open.size;
  }

  accept(socket: Socket): void {
    if (this.#open.size >= this.#limits.connections) this.#destroyLongestIdle();
    const connection = new Connection(socket, this.#options, this.#limits);
    this.#open.add(connection);
    socket.on('close', () => this.#open.delete(connection));
    connection.listen();
  }

  /** Closes idle connections until the signal aborts. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(SWEEP_MS, signal).catch(() => {});
      const before = clock.now() - this.#limits.idleMs;
      for (const { askedAt, socket } of this.#open) if (askedAt < before) socket.destroy();
    }
  }

  /** Closes each connection once its client has read the pending responses. */
  end(): void {
    for (const { socket } of this.#open) socket.destroySoon();
  }

  destroy(): void {
    for (const { socket } of this.#open) socket.destroy();
  }

  #destroyLongestIdle(): void {
    let oldest: Connection | undefined;
    for (const each of this.#open) if (!oldest || each.askedAt < oldest.askedAt) oldest = each;
    oldest?.socket.destroy();
    if (oldest) this.#open.delete(oldest);
  }
}

/** Disposal stops accepting, then waits up to a second for clients to read pending responses. */
export interface TcpListener extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
}

/** With port 0, the system chooses the port. Rejects if it cannot listen on the address. */
export async function openTcpListener(options: TcpOptions, { host, port }: Address): Promise<TcpListener> {
  const connections = new Connections(options);
  // A client may close its side and still wait for responses.
  const server = createServer({ allowHalfOpen: true }, (socket) => connections.accept(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // Errors such as EMFILE while accepting do not affect open connections.
  server.on('error', () => {});
  const stop = new AbortController();
  const sweeping = connections.sweep(stop.signal);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    get connections() {
      return connections.size;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      connections.end();
      await closeServer(server, options.clock, GRACE_MS, () => connections.destroy());
      await sweeping;
    },
  };
}
