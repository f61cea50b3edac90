/** A TCP proxy in front of a server that injects network faults: refused connections, silence, delay. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { drained } from './machinery/drained.ts';
import type { Clock } from './machinery/runtime.ts';

export interface FaultProxyOptions {
  /** Port on 127.0.0.1 to forward connections to. */
  readonly target: number;
  readonly clock: Clock;
}

/** Bytes buffered per direction while no data is delivered; beyond that, reading from the sender is paused. */
const HELD_BYTES = 1 << 20;

/** Forwards connections unless a fault is in effect. */
export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #stop = new AbortController();
  #server: Server | undefined;
  #port = 0;
  #delayMs = 0;
  /** Set while delivery is suspended; resolves when it resumes. */
  #hung: PromiseWithResolvers<void> | undefined;

  constructor(options: FaultProxyOptions) {
    this.#options = options;
  }

  /** Port on 127.0.0.1; unchanged when the proxy is reopened. */
  get port(): number {
    return this.#port;
  }

  /** Listens on 127.0.0.1. Rejects with the error of node:net. */
  async open(port: number = this.#port): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.listen({ host: '127.0.0.1', port });
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    this.#port = address.port;
    this.#server = server;
  }

  /** Behaves like a process that exits: resets connections and refuses new ones. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) {
      // A socket that is ending cannot be reset: libuv refuses, Node considers it closed, and the process spins forever
      // in its cleanup.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  /**
   * Behaves like a cut cable: nothing arrives on either side, and no error is reported. Open connections resume
   * afterwards.
   */
  hang(on: boolean): void {
    if (on) this.#hung ??= Promise.withResolvers();
    else {
      this.#hung?.resolve();
      this.#hung = undefined;
    }
  }

  /** Delays data from the server by `ms` milliseconds. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

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

  /** Forwards data in one direction, then the end of the stream. */
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
          // A destroyed socket accepts no data.
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
        .catch(() => {}) // only close() aborts the sleep
        .finally(() => {
          busy = false;
        });
    };
    this.#sockets.add(from);
    // The cause of a socket error does not matter: the other side is closed, too.
    from.on('error', () => {});
    from.on('data', send);
    from.once('end', () => send('end'));
    from.once('close', () => {
      this.#sockets.delete(from);
      send('close');
    });
  }
}
