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

/** Never rejects, except if `signal` aborts. */
export async function send(
  endpoint: Endpoint,
  { clock, timeoutMs, signal }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const start = clock.now();
  try {
    const status = await withTimeLimit(clock, timeoutMs, signal, (limited) =>
      (endpoint.http ? statusOf(endpoint, limited) : connected(endpoint, limited)).catch((error: unknown) => {
        // Node.js reports that it was aborted, not why.
        limited.throwIfAborted();
        throw error;
      }),
    );
    return { reached: true, latencyMs: clock.now() - start, ...(status !== undefined && { status }) };
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
