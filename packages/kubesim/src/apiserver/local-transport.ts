/** Transport to an API server within this process. */
import { EventEmitter } from 'node:events';
import type { ResponseBody, Transport, TransportRequest, TransportResponse } from '../machinery/transport.ts';
import type { ApiResponse } from './http.ts';
import type { ApiServer } from './server.ts';

/** A body that is complete, or streamed line by line. */
class LocalBody extends EventEmitter implements ResponseBody {
  readonly #body: ApiResponse['body'];

  constructor(body: ApiResponse['body']) {
    super();
    this.#body = body;
  }

  async text(): Promise<string> {
    let text = '';
    for await (const chunk of this) text += chunk;
    return text;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (typeof this.#body === 'string') yield Buffer.from(this.#body);
      else for await (const lines of this.#body) yield Buffer.from(lines);
    } finally {
      this.emit('close');
    }
  }
}

/** Passes requests to an API server directly. */
export class LocalTransport implements Transport {
  readonly #server: ApiServer;
  readonly #stop = new AbortController();

  constructor(server: ApiServer) {
    this.#server = server;
  }

  async send(_use: 'requests' | 'watches', request: TransportRequest): Promise<TransportResponse> {
    const signal = AbortSignal.any([request.signal, this.#stop.signal]);
    signal.throwIfAborted();
    const { status, headers, body } = await this.#server.handle({ ...request, signal });
    return {
      statusCode: status,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
      ),
      body: new LocalBody(body),
    };
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the client is closed'));
  }
}
