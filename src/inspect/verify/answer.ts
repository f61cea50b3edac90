/** Sends one request to a TCP port, and measures it. */
import { request as httpRequest } from 'node:http';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { withTimeLimit } from '../../runtime/watchdog.ts';
import type { Target } from './target.ts';

export type Endpoint = Pick<Target, 'host' | 'port' | 'http'>;

/** Any HTTP status counts as an answer. `latencyMs`: until the response, or until connected. */
export type Answer =
  | { readonly reached: true; readonly latencyMs: number; readonly status?: number }
  | { readonly reached: false; readonly error: string };

function connected({ host, port }: Endpoint, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', reject);
  });
}

function statusOf({ host, port }: Endpoint, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${isIPv6(host) ? `[${host}]` : host}:${port}`, 'user-agent': 'catamaran-verify' };
    const request = httpRequest({ host, port, method: 'GET', path: '/', headers, agent: false, signal }, (response) => {
      response.once('error', () => {});
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.once('error', reject);
    request.end();
  });
}

export interface SendOptions {
  readonly clock: Clock;
  /** Milliseconds of a clock that is never set. */
  readonly monotonic: () => number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** To 0.01 ms. */
export function latencyOf(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Never rejects, except if `signal` aborts. */
export async function send(endpoint: Endpoint, { clock, monotonic, timeoutMs, signal }: SendOptions): Promise<Answer> {
  const start = monotonic();
  try {
    const status = await withTimeLimit(clock, timeoutMs, signal, (limited) =>
      (endpoint.http ? statusOf(endpoint, limited) : connected(endpoint, limited)).catch((error: unknown) => {
        // Node.js reports that it was aborted, not why.
        limited.throwIfAborted();
        throw error;
      }),
    );
    return { reached: true, latencyMs: latencyOf(monotonic() - start), ...(status !== undefined && { status }) };
  } catch (error) {
    signal.throwIfAborted();
    return { reached: false, error: errorText(error) };
  }
}

/** Several addresses of a name fail together. */
function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  return messageOf(error);
}

/** Sends twice if it is reached: names are resolved, and code is compiled, for the first request only. */
export async function sendMeasured(endpoint: Endpoint, options: SendOptions): Promise<Answer> {
  const first = await send(endpoint, options);
  if (!first.reached) return first;
  const second = await send(endpoint, options);
  return second.reached && first.latencyMs < second.latencyMs ? first : second;
}
