/** A TCP proxy in front of an API server that counts the bytes sent to it. TLS is passed through. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface ByteMeter {
  /** URL to use instead of the API server's. */
  readonly server: string;
  /** Bytes sent by clients so far, including TLS and HTTP headers. */
  sent(): number;
  close(): Promise<void>;
}

export async function startByteMeter(target: string): Promise<ByteMeter> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    client.on('data', (chunk) => {
      bytes += chunk.length;
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the meter has no port');
  return {
    server: `https://127.0.0.1:${address.port}`,
    sent: () => bytes,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
