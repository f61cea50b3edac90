/** The controller's HTTP endpoints: health, readiness and metrics. */
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import { type Address, hostPort } from '../runtime/address.ts';
import { CatamaranError } from '../runtime/errors.ts';

/** Milliseconds that requests under way have when the server ends. */
const GRACE_MS = 1000;

/** What the endpoints tell; read at each request. */
export interface Probes {
  /** Body of /readyz; answered with 200 where `ready`, else 503. */
  readonly status: () => { readonly ready: boolean };
  readonly registry: Registry;
}

/** The routes alone, so that a test can ask them without a socket. */
export function routes({ status, registry }: Probes): Hono {
  const app = new Hono();
  app.get('/healthz', (context) => context.text('ok\n'));
  app.get('/readyz', (context) => {
    const body = status();
    return context.json(body, body.ready ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  return app;
}

/** A server that listens, and how to end it. */
export interface HttpServer {
  readonly address: Address;
  close(): Promise<void>;
}

/** Takes no further connection, gives answers that are under way a moment, and ends: a client may ask nothing for long. */
async function end(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const over = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(over);
}

/**
 * Listens on an address. `option` is the one that named it, for the message.
 *
 * @throws CTM_LISTEN where it cannot be had.
 */
export function listen(probes: Probes, { host, port }: Address, option = '--listen'): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: routes(probes).fetch, hostname: host, port }, (info) => {
      resolve({ address: { host, port: info.port }, close: () => end(server) });
    });
    server.once('error', (cause) => {
      reject(new CatamaranError('CTM_LISTEN', `${option} ${hostPort({ host, port })}: ${cause.message}`, { cause }));
    });
  });
}
