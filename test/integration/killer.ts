/** A proxy in front of an API server that sees every request of a controller, and can kill it at a write. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import type { SharedControlPlane } from '../support/setup/control-planes.ts';

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

/** Called at a write of the engine's, before it is sent on and after its answer came; Leases and Events do not count. */
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

  /** Listens, and gives the URL. */
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
    // A write that has been sent on is seen through, whoever asked for it is killed meanwhile or not.
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
