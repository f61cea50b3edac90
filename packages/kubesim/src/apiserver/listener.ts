/** Serves an API server over TLS: HTTP/1.1 with keep-alive, and backpressure for watches. */
import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { drained } from '../machinery/drained.ts';
import type { Logger } from '../machinery/runtime.ts';
import type { Certificates } from './certificates.ts';
import { MAX_BODY_BYTES } from './handler.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf/message.ts';
import type { ApiServer } from './server.ts';
import { isProcessRequest, serveProcess } from './streams/web-socket.ts';

export interface ListenOptions {
  readonly server: ApiServer;
  readonly tls: Pick<Certificates, 'cert' | 'key'>;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0 for a free port. */
  readonly port: number;
  readonly logger: Logger;
}

export interface Listening {
  readonly port: number;
  /** Closes the port and all connections, including active ones. The API server keeps running. */
  close(): Promise<void>;
}

/** Minimum size of compressed responses, as in kube-apiserver. */
const GZIP_BYTES = 128 * 1024;
/** Longer than the idle timeout of clients, so that they close idle connections first. */
const KEEP_ALIVE_MS = 120_000;

const compress = promisify(gzip);

/** @throws the error of node:net if the port is in use. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { server: api, tls, host = '127.0.0.1', port, logger } = options;
  const sockets = new Set<Socket>();
  const server: Server = createServer({ cert: tls.cert, key: tls.key, ALPNProtocols: ['http/1.1'] });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // Watches may be silent for a minute, and request bodies may be slow.
  server.requestTimeout = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    answer(api, request, response).catch((error: unknown) => {
      // The client is gone or the server is closing, so no error can be sent.
      logger.debug({ err: error }, 'answer not delivered');
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    upgrade(api, request, socket, head).catch((error: unknown) => {
      logger.debug({ err: error }, 'upgrade not completed');
      socket.destroy();
    });
  });
  server.listen({ host, port });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return {
    port: address.port,
    close: async () => {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Starts what the request asks for on its connection, or answers as to any other request. */
async function upgrade(api: ApiServer, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const { url = '/' } = request;
  const asked = requestOf(request);
  const started = isProcessRequest(request) ? await api.upgrade(asked) : await api.handle(asked);
  if (typeof started === 'function') {
    serveProcess(request, socket, head, new URLSearchParams(url.slice(url.indexOf('?'))), started);
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket); // The connection of a TLS server.
  response.once('finish', () => socket.end());
  if (typeof started.body === 'string') await sendText(started, started.body, '', 'GET', response);
  else await sendLines(started, started.body, response);
}

function requestOf({ method = 'GET', url = '/', headers }: IncomingMessage): ApiRequest {
  return {
    method,
    path: url,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
  };
}

async function answer(api: ApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const disconnected = new AbortController();
  response.once('close', () => disconnected.abort(new Error('the client disconnected')));
  const sent = await bodyOf(request);
  const { headers, ...asked } = requestOf(request);
  const body = sent.toString('utf8');
  const translated = headers['content-type'] === PROTOBUF ? fromProtobuf(sent) : undefined;
  const { method } = asked;
  const given = await api.handle({
    ...asked,
    ...(translated === undefined
      ? { headers, body }
      : { headers: { ...headers, 'content-type': 'application/json' }, body: translated }),
    signal: disconnected.signal,
  });
  if (typeof given.body === 'string')
    await sendText(given, given.body, headers['accept-encoding'] ?? '', method, response);
  else await sendLines(given, given.body, response);
}

/** A protobuf body as JSON; undefined if it cannot be decoded, which the API server then reports. */
function fromProtobuf(body: Buffer): string | undefined {
  try {
    return JSON.stringify(decodeProtobuf(body));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads the body; if it is too large, only as much as the API server needs to reject it. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    if (size <= MAX_BODY_BYTES) chunks.push(bytes);
    size += bytes.length;
  }
  return Buffer.concat(chunks);
}

async function sendText(
  { status, headers }: ApiResponse,
  text: string,
  acceptEncoding: string,
  method: string,
  response: ServerResponse,
): Promise<void> {
  const plain = Buffer.from(text);
  const zipped = plain.length >= GZIP_BYTES && /\bgzip\b/.test(acceptEncoding);
  const body = zipped ? await compress(plain, { level: 1 }) : plain;
  response.writeHead(status, {
    ...Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
    ),
    ...(zipped && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
    ...(status !== 304 && { 'content-length': body.length }),
  });
  response.end(method === 'HEAD' || status === 304 ? undefined : body);
}

async function sendLines(
  { status, headers }: ApiResponse,
  lines: AsyncIterable<string>,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(status, {
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  });
  response.flushHeaders();
  for await (const text of lines) {
    if (response.destroyed) return;
    if (!response.write(text)) await drained(response);
  }
  response.end();
}
