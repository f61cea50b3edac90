/**
 * A reverse proxy for one API server that injects faults into requests and responses. TLS on both sides; bearer tokens
 * are forwarded.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as forward } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ServerAccess } from './api-servers/both-servers.ts';
import { selfSigned } from './certificates.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** A WatchList is `watchlist`, a further page of a list `page`. */
  readonly verb: 'get' | 'list' | 'page' | 'watch' | 'watchlist' | 'create' | 'update' | 'patch' | 'delete';
  readonly headers: IncomingMessage['headers'];
  /** Common name of the client's certificate, if any. */
  readonly clientName: string | undefined;
}

/** Selects the requests of a fault. */
export type Match = (request: SeenRequest) => boolean;

export type Fault =
  /** Responds itself. Default body: a Status with the reason. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reason?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Accepts the request and never responds. */
  | { readonly kind: 'hang' }
  /** Closes the connection before any byte of a response. */
  | { readonly kind: 'reset' }
  /** Closes the connection after `afterBytes` of the body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /**
   * Passes each line of a watch through a function, which can drop, delay, duplicate, garble or add lines; `cut` ends
   * it.
   */
  | { readonly kind: 'lines'; readonly each: (line: string, index: number) => Lines | Promise<Lines> };

type Lines = readonly string[] | 'cut';

interface Injected {
  readonly match: Match;
  readonly fault: Fault;
  left: number;
}

/** Default reasons, as in kube-apiserver. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

const WRITES: Readonly<Record<string, SeenRequest['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

export class FaultProxy {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM of the CA that signed the proxy's certificate. */
  readonly ca: string;
  /** All requests since the start, in order. */
  readonly requests: SeenRequest[] = [];
  readonly #upstream: URL;
  readonly #agent: Agent;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Duplex>();
  readonly #faults: Injected[] = [];
  #inFlight = 0;
  #peak = 0;

  private constructor(to: ServerAccess, ca: string, server: ReturnType<typeof createServer>) {
    this.#upstream = new URL(to.server);
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(to.caFile) });
    this.#server = server;
    this.ca = ca;
    const { port } = server.address() as AddressInfo;
    this.url = `https://127.0.0.1:${port}`;
    server.on('request', (request, response) => this.#handle(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(to: ServerAccess): Promise<FaultProxy> {
    const { cert, key } = selfSigned('faultproxy', ['faultproxy.test']);
    // Any client certificate is accepted, since tests only check which one is presented.
    const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(to, cert, server);
  }

  /** Maximum number of concurrent requests, without watches, since the last call. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#inFlight;
    return peak;
  }

  /** Number of matching requests. */
  count(match: Match): number {
    return this.requests.filter(match).length;
  }

  /**
   * Injects a fault into the next `times` matching requests (default: all). Returns a function that ends it. The newest
   * matching fault applies.
   */
  inject(match: Match, fault: Fault, times = Number.POSITIVE_INFINITY): () => void {
    const injected = { match, fault, left: times };
    this.#faults.unshift(injected);
    return () => {
      injected.left = 0;
    };
  }

  heal(): void {
    this.#faults.length = 0;
  }

  /** Closes all connections, busy or not. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Refuses new connections and closes existing ones. */
  async down(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.disconnect();
    await closed;
  }

  /** Listens again on the same port. */
  async up(): Promise<void> {
    this.#server.listen(Number(new URL(this.url).port), '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.heal();
    if (this.#server.listening) await this.down();
    this.#agent.destroy();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const seen = seenRequest(request);
    this.requests.push(seen);
    if (!seen.verb.startsWith('watch')) {
      this.#peak = Math.max(this.#peak, ++this.#inFlight);
      response.once('close', () => this.#inFlight--);
    }
    const injected = this.#faults.find(({ match, left }) => left > 0 && match(seen));
    if (injected) injected.left--;
    const fault = injected?.fault;
    switch (fault?.kind) {
      case 'answer':
        request.resume();
        answer(response, fault);
        return;
      case 'hang':
        request.resume();
        return;
      case 'reset':
        request.socket.destroy();
        return;
      default:
        this.#forward(request, response, fault);
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
    const url = new URL(request.url ?? '/', this.#upstream);
    const { method, headers } = request;
    const upstream = forward(
      url,
      { method, headers: { ...headers, host: url.host }, agent: this.#agent },
      (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, incoming.headers);
        // Otherwise a watch without events would not send its headers.
        response.flushHeaders();
        if (fault?.kind === 'cut') cutAfter(incoming, response, fault.afterBytes);
        else if (fault?.kind === 'lines') throughLines(incoming, response, fault.each);
        else incoming.pipe(response);
        incoming.once('error', () => response.destroy());
      },
    );
    upstream.once('error', () => response.destroy());
    response.once('close', () => upstream.destroy());
    request.pipe(upstream);
  }
}

function seenRequest(request: IncomingMessage): SeenRequest {
  const url = new URL(request.url ?? '/', 'https://proxy');
  const { method = 'GET', headers, socket } = request;
  const peer = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
  const commonName = peer?.subject?.CN;
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    verb: WRITES[method] ?? readVerb(url.searchParams),
    headers,
    clientName: typeof commonName === 'string' ? commonName : undefined,
  };
}

function readVerb(query: URLSearchParams): SeenRequest['verb'] {
  if (query.get('watch') === 'true') return query.get('sendInitialEvents') === 'true' ? 'watchlist' : 'watch';
  if (query.has('continue')) return 'page';
  return query.has('limit') ? 'list' : 'get';
}

function answer(response: ServerResponse, fault: Fault & { kind: 'answer' }): void {
  const { status } = fault;
  const reason = fault.reason ?? REASONS[status] ?? '';
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message: 'by the proxy' };
  response.writeHead(status, { 'content-type': 'application/json', ...fault.headers });
  response.end(fault.body ?? JSON.stringify(body));
}

function cutAfter(from: IncomingMessage, to: ServerResponse, afterBytes: number): void {
  let left = afterBytes;
  from.on('data', (chunk: Buffer) => {
    const piece = chunk.subarray(0, left);
    left -= piece.length;
    to.write(piece, () => {
      if (left === 0) to.destroy();
    });
  });
}

function throughLines(from: IncomingMessage, to: ServerResponse, each: (Fault & { kind: 'lines' })['each']): void {
  let held = '';
  let index = 0;
  // Sequentially: a delayed line delays those after it.
  let sent = Promise.resolve();
  const send = async (line: string): Promise<void> => {
    const lines = await each(line, index++);
    if (lines === 'cut') to.destroy();
    else for (const one of lines) to.write(`${one}\n`);
  };
  from.setEncoding('utf8').on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) sent = sent.then(() => send(line));
  });
  from.once('end', () => {
    sent = sent.then(() => {
      to.end();
    });
  });
}
