/** Serves a hostile API server on a loopback socket, and adds what only a socket can do. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Transport, TransportRequest } from '../../../src/kube/client/transport.ts';
import { hostileRequest, type Match } from './hostile-request.ts';

/** Writes to the raw socket in place of a response. It must end when the socket closes. */
type RawMisdeed = (socket: Socket) => void;

export interface HostileListener extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Takes over the sockets of matching requests. */
  raw(match: Match, misdeed: RawMisdeed): void;
}

/** Informational responses without an end. */
export const endlessInformation: RawMisdeed = (socket) => {
  const more = () => {
    while (!socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(100))) {
      // Until the buffer is full.
    }
  };
  socket.on('drain', more);
  more();
};

/** A response with `count` headers of 1 KiB. */
export function manyHeaders(count: number): RawMisdeed {
  return (socket) => {
    const headers = Array.from({ length: count }, (_, index) => `x-${index}: ${'h'.repeat(1_024)}\r\n`).join('');
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}\r\n`);
  };
}

export async function listenHostile(transport: Transport): Promise<HostileListener> {
  const raws: (readonly [Match, RawMisdeed])[] = [];
  const server = createServer((incoming, outgoing) => {
    const request = requestOf(incoming, outgoing);
    const raw = raws.find(([match]) => match(hostileRequest({ ...request, method: 'GET', path: request.path })));
    if (raw) {
      incoming.socket.on('error', () => {});
      raw[1](incoming.socket);
      return;
    }
    respond(transport, incoming, outgoing, request).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    raw: (match, misdeed) => raws.unshift([match, misdeed]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function requestOf({ method, url = '/', headers }: IncomingMessage, outgoing: ServerResponse): TransportRequest {
  const closed = new AbortController();
  outgoing.once('close', () => closed.abort());
  return {
    method: METHODS.find((known) => known === method) ?? 'GET',
    path: url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    signal: closed.signal,
  };
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

async function respond(
  transport: Transport,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  request: TransportRequest,
): Promise<void> {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  const use = request.path.includes('watch=true') ? 'watches' : 'requests';
  const response = await transport.send(use, { ...request, ...(body !== '' && { body }) });
  const { 'content-length': _, ...headers } = response.headers;
  outgoing.writeHead(response.statusCode, headers);
  outgoing.flushHeaders();
  for await (const chunk of response.body) {
    if (!outgoing.write(chunk)) await once(outgoing, 'drain', { signal: request.signal });
  }
  outgoing.end();
}
