/** The controller's HTTP endpoints: health, readiness and metrics. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import { CatamaranError } from '../api/errors.ts';

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

/** Where a server listens; port 0 lets the system choose. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server that listens, and how to end it. */
export interface HttpServer {
  readonly address: Address;
  close(): Promise<void>;
}

/**
 * Listens on an address. `option` is the one that named it, for the message.
 *
 * @throws CTM_LISTEN where it cannot be had.
 */
export function listen(probes: Probes, { host, port }: Address, option = '--listen'): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: routes(probes).fetch, hostname: host, port }, (info) => {
      const close = () => new Promise<void>((closed) => server.close(() => closed()));
      resolve({ address: { host, port: info.port }, close });
    });
    server.once('error', (cause) => {
      reject(new CatamaranError('CTM_LISTEN', `${option} ${host}:${port}: ${cause.message}`, { cause }));
    });
  });
}
