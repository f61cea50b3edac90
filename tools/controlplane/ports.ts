/** Free loopback ports. */
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ephemeral port ranges (Linux: from 32768, others: from 49152), so that no outgoing connection takes the
// port of an API server during its restart.
const FIRST = 20_000;
const LAST = 32_000;

/**
 * A port of 127.0.0.1 without a listener. Another process may take it before it is used, in which case callers must try
 * another one.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}

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
