/** Free loopback ports. */
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ranges that systems take the ports of outgoing connections from (Linux from 32768, others from 49152):
// nobody gets a port of ours by chance while an API server is down for a restart.
const FIRST = 20_000;
const LAST = 32_000;

/**
 * A port of 127.0.0.1 that nobody listens on now. Somebody else may take it before it is used: the caller tries again
 * with another one then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}

/** Whether nobody listens on a port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
