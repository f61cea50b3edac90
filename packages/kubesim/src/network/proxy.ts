/**
 * The SOCKS5 proxy of a cluster, on a loopback port. Its connections originate from a pod of that cluster.
 *
 * Replies: 5 if the connection is refused; 4 (host unreachable) if the name does not resolve, the address does not
 * exist, or there is no response. curl cannot distinguish the last three; `request` does.
 *
 * Without a user name, the client is a pod in the namespace `default`. With one, as in
 * `socks5h://provider-ns@127.0.0.1:1080` or `socks5h://provider-ns%2Fclient@…`, it is a pod in that namespace, or that
 * specific pod with its dnsConfig.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { ListenError } from '../machinery/listen-error.ts';
import type { Logger } from '../machinery/runtime.ts';
import { type Client, findClient } from './client.ts';
import type { Connected, Fabric } from './fabric.ts';
import {
  AUTH_VERSION,
  COMMAND,
  METHOD,
  REPLY,
  type Read,
  type Reply,
  readMethods,
  readRequest,
  readUser,
  replyBytes,
  VERSION,
} from './socks.ts';
import type { ClusterView } from './view.ts';

const HOST = '127.0.0.1';

export interface ProxyOptions {
  readonly view: ClusterView;
  readonly fabric: Fabric;
  readonly logger: Logger;
  /** 0 for a free port. */
  readonly port: number;
}

/** A listening proxy. */
export interface SocksProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws ListenError if the port is in use. */
export async function startProxy(options: ProxyOptions): Promise<SocksProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(options, socket).catch((error: unknown) => {
      options.logger.debug({ cluster: options.view.name, error: String(error) }, 'proxy: a connection ended');
      socket.destroy();
    });
  });
  const port = await listen(server, options);
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, { view, port }: ProxyOptions): Promise<number> {
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ListenError(`the proxy of ${view.name} cannot listen on ${HOST}:${port}: ${why}`);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** Reads a socket in parts, leaving the rest in its buffer. */
function readerOf(socket: Socket): Read {
  return async (bytes) => {
    if (bytes === 0) return Buffer.alloc(0);
    for (;;) {
      const chunk: Buffer | null = socket.read(bytes);
      if (chunk && chunk.length === bytes) return chunk;
      if (socket.readableEnded || socket.destroyed || chunk) throw new Error('the client disconnected');
      await readableOrGone(socket);
    }
  };
}

function readableOrGone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['readable', 'end', 'close']) socket.off(event, done);
      resolve();
    };
    for (const event of ['readable', 'end', 'close']) socket.once(event, done);
  });
}

async function serve({ view, fabric }: ProxyOptions, socket: Socket): Promise<void> {
  const read = readerOf(socket);
  const client = await greet(view, socket, read);
  if (!client) {
    socket.destroySoon();
    return;
  }
  const request = await readRequest(read);
  if (typeof request === 'number') {
    refuse(socket, request);
    return;
  }
  if (request.command !== COMMAND.connect) {
    refuse(socket, REPLY.commandNotSupported);
    return;
  }
  const connected = await fabric.connect(client, request.host, request.port);
  if ('failure' in connected) {
    refuse(socket, replyFor(connected.failure));
    return;
  }
  const { stream } = connected;
  if (socket.destroyed) {
    stream.destroy();
    return;
  }
  socket.write(replyBytes(REPLY.succeeded));
  pipeline(socket, stream, socket, () => {});
}

function refuse(socket: Socket, reply: Reply): void {
  socket.write(replyBytes(reply));
  socket.destroySoon();
}

/** Negotiates authentication and identifies the client; undefined if it was rejected. */
async function greet(view: ClusterView, socket: Socket, read: Read): Promise<Client | undefined> {
  const methods = await readMethods(read);
  if (!methods) return undefined;
  if (methods.includes(METHOD.password)) {
    socket.write(Buffer.from([VERSION, METHOD.password]));
    const user = await readUser(read);
    const [namespace = '', pod] = (user ?? '').split('/');
    const client =
      user === undefined
        ? undefined
        : findClient(view, { ...(namespace !== '' && { namespace }), ...(pod !== undefined && { pod }) });
    socket.write(Buffer.from([AUTH_VERSION, client ? 0 : 1]));
    return client;
  }
  const known = methods.includes(METHOD.none);
  socket.write(Buffer.from([VERSION, known ? METHOD.none : METHOD.unacceptable]));
  return known ? findClient(view, {}) : undefined;
}

function replyFor(failure: Extract<Connected, { readonly failure: unknown }>['failure']): Reply {
  return failure === 'refused' ? REPLY.connectionRefused : REPLY.hostUnreachable;
}
