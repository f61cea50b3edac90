/** The controller's HTTP endpoints: health, readiness and metrics. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import { type Address, hostPort } from '../runtime/address.ts';
import type { Clock } from '../runtime/clock.ts';
import { closeServer } from '../runtime/close-server.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { visibleJson } from '../runtime/visible.ts';

/** Milliseconds that requests in progress get when the server closes. */
const GRACE_MS = 1000;

/** State behind the endpoints, read at each request. */
export interface Probes {
  /** Body of /readyz; the status is 200 if `ready`, else 503. */
  readonly status: () => { readonly ready: boolean };
  readonly registry: Registry;
}

/** Separate from the server, so that tests need no socket. */
export function routes({ status, registry }: Probes): Hono {
  const app = new Hono();
  app.get('/healthz', (context) => context.text('ok\n'));
  app.get('/readyz', (context) => {
    const body = status();
    return context.body(visibleJson(JSON.stringify(body)), body.ready ? 200 : 503, {
      'content-type': 'application/json',
    });
  });
  app.get('/metrics', async (context) =>
    context.body(await exposition(registry), 200, { 'content-type': registry.contentType }),
  );
  return app;
}

/**
 * The text of all metrics. One at a time, with a turn of the event loop between them, since a large fleet has thousands
 * of series.
 */
async function exposition(registry: Registry): Promise<string> {
  const metrics: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    metrics.push(await registry.getSingleMetricAsString(name));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return `${metrics.join('\n\n')}\n`;
}

/** Disposal stops accepting connections and waits briefly for requests in progress. */
export interface HttpServer extends AsyncDisposable {
  readonly address: Address;
}

export interface HttpServerOptions extends Probes {
  readonly clock: Clock;
}

/**
 * Listens on an address. `option` is its command line option, for the message.
 *
 * @throws CTM_LISTEN if the address is not available.
 */
export function openHttpServer(
  options: HttpServerOptions,
  { host, port }: Address,
  option = '--listen',
): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: routes(options).fetch, hostname: host, port }, (info) => {
      resolve({
        address: { host, port: info.port },
        [Symbol.asyncDispose]: () =>
          // A client may keep an idle connection open.
          closeServer(server, options.clock, GRACE_MS, () => {
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
    server.once('error', (cause) => {
      reject(new CatamaranError('CTM_LISTEN', `${option} ${hostPort({ host, port })}: ${cause.message}`, { cause }));
    });
  });
}
