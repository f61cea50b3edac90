/** Selection of ports on 127.0.0.1. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { CatamaranError } from '../runtime/errors.ts';

/**
 * The requested port. Default: the usual one, or a free port if that is in use.
 *
 * @throws CTM_LISTEN if the requested port is in use.
 */
export async function chosenPort(option: string, asked: number | undefined, usual: number): Promise<number> {
  try {
    return await probe(asked ?? usual);
  } catch (cause) {
    if (asked === undefined) return await probe(0);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CatamaranError('CTM_LISTEN', `${option} ${asked}: ${why}`, { cause });
  }
}

async function probe(port: number): Promise<number> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return address !== null && typeof address === 'object' ? address.port : port;
}

/** Whether a port can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  return await probe(port).then(
    () => true,
    () => false,
  );
}
