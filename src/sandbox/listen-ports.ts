/** Ports of 127.0.0.1 for what a sandbox serves. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { CatamaranError } from '../runtime/errors.ts';

/** The port asked for; else the usual one, or any where that is taken. Throws CTM_LISTEN where the one asked for is. */
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

/** Whether nobody listens on a port now. */
export async function isFree(port: number): Promise<boolean> {
  return await probe(port).then(
    () => true,
    () => false,
  );
}
