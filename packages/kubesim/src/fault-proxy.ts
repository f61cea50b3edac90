/** A TCP port in front of a server, with the faults of a network: connections refused, silence, delay. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { drained } from './machinery/drained.ts';
import type { Clock } from './machinery/runtime.ts';

export interface FaultProxyOptions {
  /** Port of 127.0.0.1 that connections are passed on to. */
  readonly target: number;
  readonly clock: Clock;
}

/** Bytes of one direction that wait while nothing arrives; then the sender is not read from any more. */
const HELD_BYTES = 1 << 20;

/** Forwards connections, as long as no fault is in effect. */
export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #stop = new AbortController();
  #server: Server | undefined;
  #port = 0;
  #delayMs = 0;
  /** While nothing arrives: resolves when it does again. */
  #hung: PromiseWithResolvers<void> | undefined;

  constructor(options: FaultProxyOptions) {
    this.#options = options;
  }

  /** The port of 127.0.0.1; the same one when it is opened again. */
  get port(): number {
    return this.#port;
  }

  /** Listens on a port of 127.0.0.1; rejects as node:net does. */
  async open(port: number = this.#port): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.listen({ host: '127.0.0.1', port });
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    this.#port = address.port;
    this.#server = server;
  }

  /** As of a process that ends: connections are reset, and new ones refused. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) {
      // A socket that is just ending cannot be reset: libuv refuses, Node takes it for closed, and the process spins for
      // ever in its own clean-up.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  /** As of a network that is cut: nothing arrives on either side, and no error does. Open connections continue afterwards. */
  hang(on: boolean): void {
    if (on) this.#hung ??= Promise.withResolvers();
    else {
      this.#hung?.resolve();
      this.#hung = undefined;
    }
  }

  /** What the server sends arrives `ms` milliseconds later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.hang(false);
    await this.shut();
  }

  #accept(client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: this.#options.target, noDelay: true });
    client.setNoDelay(true);
    this.#pass(client, server, () => 0);
    this.#pass(server, client, () => this.#delayMs);
  }

  /** Passes on what one side sends, and then that it has ended. */
  #pass(from: Socket, to: Socket, delayMs: () => number): void {
    const { clock } = this.#options;
    const waiting: { readonly due: number; readonly what: Buffer | 'end' | 'close' }[] = [];
    let held = 0;
    let busy = false;
    const deliver = async (): Promise<void> => {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        const { due, what } = next;
        if (due > clock.now()) await clock.sleep(due - clock.now(), this.#stop.signal);
        await this.#hung?.promise;
        waiting.shift();
        if (what === 'close') to.destroySoon();
        else if (what === 'end') to.end();
        else {
          held -= what.length;
          // A side that is gone takes nothing more.
          if (!to.destroyed && !to.write(what)) await drained(to);
          if (held < HELD_BYTES) from.resume();
        }
      }
    };
    const send = (what: Buffer | 'end' | 'close'): void => {
      waiting.push({ due: clock.now() + delayMs(), what });
      if (typeof what !== 'string') held += what.length;
      if (held >= HELD_BYTES) from.pause();
      if (busy) return;
      busy = true;
      deliver()
        .catch(() => {}) // only close() ends a wait
        .finally(() => {
          busy = false;
        });
    };
    this.#sockets.add(from);
    // Why a socket failed does not matter here: the other side ends with it.
    from.on('error', () => {});
    from.on('data', send);
    from.once('end', () => send('end'));
    from.once('close', () => {
      this.#sockets.delete(from);
      send('close');
    });
  }
}
