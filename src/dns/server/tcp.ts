/**
 * DNS over TCP: messages with a two-byte length prefix, pipelined and answered in order (RFC 7766). Connections, the
 * time for a complete query, and unread responses are bounded, and shared among the networks of clients.
 */
import { createServer, type Socket } from 'node:net';
import type { Address } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { closeServer } from '../../runtime/close-server.ts';
import { Connection } from './tcp-connection.ts';
import { Turns } from './tcp-turns.ts';

export interface TcpLimits {
  /**
   * Concurrent connections. Another one closes the one that has been idle longest of the network that has most, so that a
   * client that opens many closes only its own.
   */
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

export interface TcpOptions {
  readonly respond: (packet: Buffer, client: string) => Buffer | undefined;
  readonly clock: Clock;
  readonly limits?: Partial<TcpLimits>;
}

class Connections {
  readonly #options: TcpOptions;
  readonly #limits: TcpLimits;
  readonly #open = new Set<Connection>();
  readonly #turns = new Turns();

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_TCP_LIMITS, ...options.limits };
  }

  get size(): number {
    return this.#open.size;
  }

  accept(socket: Socket): void {
    const { respond, clock } = this.#options;
    const { connections, unsentBytes } = this.#limits;
    const ready = (connection: Connection) => this.#turns.add(connection);
    const connection = new Connection(socket, { respond, clock, unsentBytes, ready });
    this.#open.add(connection);
    if (this.#open.size > connections) this.#destroyOne();
    socket.on('close', () => this.#forget(connection));
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

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    this.#turns.remove(connection);
  }

  /** Closes the connection that has been idle longest of the network with most connections. */
  #destroyOne(): void {
    const counts = new Map<string, number>();
    for (const { network } of this.#open) counts.set(network, (counts.get(network) ?? 0) + 1);
    const most = Math.max(...counts.values());
    let oldest: Connection | undefined;
    for (const each of this.#open) {
      if (counts.get(each.network) === most && (!oldest || each.askedAt < oldest.askedAt)) oldest = each;
    }
    if (!oldest) return;
    oldest.socket.destroy();
    this.#forget(oldest);
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
