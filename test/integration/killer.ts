/** A proxy in front of an API server that reports the writes of a controller, so that a test can kill it at one. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import type { SharedControlPlane } from '../support/setup/control-planes.ts';

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

/** Called for each write of the engine, before it is forwarded and after its response; not for Leases and Events. */
export type OnWrite = (when: 'before' | 'after', what: string) => void;

export class WriteProxy {
  readonly #pool: Pool;
  readonly #server: Server;
  readonly #onWrite: OnWrite;

  constructor(plane: SharedControlPlane, onWrite: OnWrite) {
    this.#onWrite = onWrite;
    const ca = readFileSync(plane.caFile, 'utf8');
    this.#pool = new Pool(plane.server, { connect: { ca }, bodyTimeout: 0, headersTimeout: 0 });
    this.#server = createServer((request, response) => {
      this.#forward(request, response).catch(() => response.destroy());
    });
  }

  /** Listens, and returns the URL. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (!address || typeof address === 'string') throw new Error('the proxy has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#pool.destroy();
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    const counts = WRITES.has(method) && !/\/(leases|events)(\/|\?|$)/.test(path);
    if (counts) this.#onWrite('before', `${method} ${path}`);
    const stop = new AbortController();
    response.on('close', () => stop.abort());
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name, value]) => value !== undefined && !HOP_BY_HOP.has(name)),
    );
    const body = WRITES.has(method) ? request : null;
    // A forwarded write is completed even if the controller is killed meanwhile.
    const signal = counts ? undefined : stop.signal;
    const answer = await this.#pool.request({ method, path, headers, body, ...(signal && { signal }) });
    if (counts) this.#onWrite('after', `${method} ${path}`);
    response.writeHead(
      answer.statusCode,
      Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name))),
    );
    response.flushHeaders();
    await pipeline(answer.body, response);
  }
}
