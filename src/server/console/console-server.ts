/** Listens for browsers. */
import { type ServerType, serve } from '@hono/node-server';
import { type Address, hostPort } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { closeServer } from '../../runtime/close-server.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Console } from './console-app.ts';

/** Milliseconds that requests in progress get when the server closes. */
const GRACE_MS = 500;

export interface ConsoleServer extends AsyncDisposable {
  readonly address: Address;
}

/**
 * Serves a console until it is disposed. `option` is its command line option, for the message.
 *
 * @throws CTM_LISTEN if the address is not available.
 */
export async function openConsoleServer(
  { app, run }: Console,
  { host, port }: Address,
  clock: Clock,
  option: string,
): Promise<ConsoleServer> {
  const { server, bound } = await listen(app.fetch, { host, port }, option);
  const stop = new AbortController();
  const running = run(stop.signal);
  return {
    address: { host, port: bound },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await closeServer(server, clock, GRACE_MS, () => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}

function listen(
  fetch: Console['app']['fetch'],
  { host, port }: Address,
  option: string,
): Promise<{ readonly server: ServerType; readonly bound: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, (info) => resolve({ server, bound: info.port }));
    server.once('error', (cause) => {
      reject(new CatamaranError('CTM_LISTEN', `${option} ${hostPort({ host, port })}: ${cause.message}`, { cause }));
    });
  });
}
