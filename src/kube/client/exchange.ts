/** One request and its response: timeout, retries, and decoding of the body. */
import { STATUS_CODES } from 'node:http';
import type { Json } from '../../api/json.ts';
import { isJsonObject } from '../../api/json.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Pace } from '../../runtime/pace.ts';
import type { Random } from '../../runtime/random.ts';
import type { Credentials } from '../kubeconfig/credentials.ts';
import { ApiError, isSocketClosed, NotSentError, type RequestName, statusError, transportError } from './api-errors.ts';
import { parseBounded } from './bounded-json.ts';
import { LongBody, OverBudget, type ResponseBudget } from './budget.ts';
import type { RequestOptions } from './client.ts';
import { ACCEPT_COMPRESSED, decoded } from './compression.ts';
import { Semaphore } from './semaphore.ts';
import type { ResponseBody, Transport, TransportResponse, Use, WebSocketStream } from './transport.ts';

export interface ApiRequest {
  readonly name: RequestName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Includes the query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Idempotent, so it may be repeated even if the server may have acted on it. */
  readonly repeatable: boolean;
  /** Ask for a compressed response. */
  readonly compressed?: boolean;
  /** Return a body that is not JSON as text (`ok` of /readyz). */
  readonly plain?: boolean;
}

/** Bounds on requests, for one API server. */
export interface ExchangeLimits extends ResponseBudget {
  readonly inFlight: number;
  /** Timeout of a request including its body; for a watch, until its headers. In milliseconds. */
  readonly requestTimeoutMs: number;
  /** Maximum number of retries because of Retry-After. */
  readonly retries: number;
  /** A longer Retry-After is left to the caller, which need not block meanwhile. In milliseconds. */
  readonly maxRetryAfterMs: number;
}

/** The JSON of a response, or its text if it is not JSON. */
export interface Answer {
  readonly json: Json;
  readonly bytes: number;
}

interface ExchangeOptions {
  readonly transport: Transport;
  readonly credentials: Credentials;
  readonly userAgent: string;
  readonly limits: ExchangeLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly pace: Pace;
}

/**
 * Sends requests to one API server. Every failure is an ApiError, the reason of the caller's signal, or a NotSentError.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #semaphore: Semaphore;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#semaphore = new Semaphore(options.limits.inFlight);
  }

  /** Waits, if it returns a promise, until it is the turn of another response or event; see {@link Pace}. */
  turn(): Promise<void> | undefined {
    return this.#options.pace.turn('urgent');
  }

  /** The JSON of a response. Waits for a free slot first, unless vital; the timeout starts afterwards. */
  async call(request: ApiRequest, options: RequestOptions = {}): Promise<Json> {
    return (await this.ask(request, options)).json;
  }

  /** The JSON of a response, and the length of its body in bytes; otherwise like {@link call}. */
  async ask(request: ApiRequest, { signal, maySend, vital = false }: RequestOptions = {}): Promise<Answer> {
    const { clock, limits } = this.#options;
    const repeated = new Set<RepeatCause>();
    for (let retries = 0; ; ) {
      let failure: ApiError;
      if (!vital) await this.#semaphore.acquire(signal);
      try {
        if (maySend?.() === false) throw new NotSentError();
        return await this.#once(request, signal, vital ? 'vital' : 'requests');
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof NotSentError) throw error;
        failure = transportError(request.name, error);
      } finally {
        if (!vital) this.#semaphore.release();
      }
      const cause = repeatCause(request, failure);
      if (cause && !repeated.has(cause)) {
        repeated.add(cause);
        continue;
      }
      const wait = this.#retryAfter(request, failure);
      if (wait === undefined || retries >= limits.retries) throw failure;
      retries++;
      await clock.sleep(wait, signal);
    }
  }

  /** The bytes of a response, as they arrive; the timeout ends with the headers. */
  async open(request: ApiRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const repeated = new Set<RepeatCause>();
    for (;;) {
      try {
        return await this.#limited(request, signal, 'watches', async (response) => {
          if (response.statusCode !== 200) await this.#json(request, response, 'watches');
          return response.body;
        });
      } catch (error) {
        signal?.throwIfAborted();
        const failure = transportError(request.name, error);
        const cause = repeatCause(request, failure);
        if (!cause || repeated.has(cause)) throw failure;
        repeated.add(cause);
      }
    }
  }

  async openWebSocket(path: string, protocol: string, signal: AbortSignal): Promise<WebSocketStream> {
    const { transport, credentials, userAgent } = this.#options;
    if (!transport.openWebSocket) throw new Error('this connection has no WebSockets');
    const headers = { 'user-agent': userAgent, ...(await credentials.headers(signal)) };
    return transport.openWebSocket({ path, headers, signal }, protocol);
  }

  /** Milliseconds to wait before the request is retried; undefined if it must not be. */
  #retryAfter(request: ApiRequest, failure: ApiError): number | undefined {
    const { limits, random } = this.#options;
    // 429 means that the server did not act on the request, whatever its method.
    if (failure.status !== 429 && !(failure.status === 503 && request.repeatable)) return undefined;
    const { retryAfterMs } = failure;
    if (retryAfterMs === undefined || retryAfterMs > limits.maxRetryAfterMs) return undefined;
    return retryAfterMs * (1 + random() / 4);
  }

  #once(request: ApiRequest, signal: AbortSignal | undefined, use: Use): Promise<Answer> {
    return this.#limited(request, signal, use, (response) => this.#json(request, response, use));
  }

  /** Sends a request and reads the response with `read`, within the timeout and until the caller's signal aborts. */
  async #limited<T>(
    request: ApiRequest,
    signal: AbortSignal | undefined,
    use: Use,
    read: (response: TransportResponse) => Promise<T>,
  ): Promise<T> {
    const { transport, credentials, userAgent, limits, clock } = this.#options;
    const stop = new AbortController();
    const responded = new AbortController();
    const forward = () => stop.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', forward, { once: true });
    const done = () => signal?.removeEventListener('abort', forward);
    clock.sleep(limits.requestTimeoutMs, responded.signal).then(
      () => stop.abort(timeout(request, limits.requestTimeoutMs)),
      () => {},
    );
    try {
      const headers = await credentials.headers(stop.signal);
      const response = await transport.send(use, {
        method: request.method,
        path: request.path,
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(request.compressed && ACCEPT_COMPRESSED),
          ...headers,
          ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
        },
        ...(request.body !== undefined && { body: request.body }),
        signal: stop.signal,
      });
      if (response.statusCode === 401) credentials.invalidate(headers);
      const result = await read(response);
      // A watch outlives this call; the caller's signal must still end it.
      if (use === 'watches') response.body.once('close', done);
      else done();
      return result;
    } catch (error) {
      done();
      throw error;
    } finally {
      // Without an explicit reason, abort() creates an error with a stack, which costs more than the rest of this
      // method.
      responded.abort(RESPONDED);
    }
  }

  /** Decoding, and what the caller does with the result, waits for its turn if many responses arrive at once. */
  async #json(request: ApiRequest, response: TransportResponse, use: Use): Promise<Answer> {
    const { limits } = this.#options;
    const { 'content-encoding': encoding } = response.headers;
    const body = await decoded(await bytesOf(response.body, limits.bodyBytes), encoding, limits.bodyBytes);
    const turn = use === 'vital' ? undefined : this.turn();
    if (turn) await turn;
    const type = String(response.headers['content-type'] ?? 'none').split(';')[0] ?? 'none';
    const json = /\bjson$/.test(type) ? tryParse(body, limits) : undefined;
    const status = response.statusCode;
    if (status >= 200 && status < 300) {
      if (json !== undefined) return { json, bytes: body.length };
      if (request.plain) return { json: body.toString('utf8'), bytes: body.length };
      throw new ApiError('CTM_API_PROTOCOL', request.name, `${status} with content type ${type}, which is not JSON`, {
        status,
      });
    }
    const retryAfterMs = this.#retryAfterHeader(response.headers['retry-after']);
    if (isJsonObject(json) && json.kind === 'Status') throw statusError(request.name, status, json, retryAfterMs);
    throw foreignError(request.name, status, type, body.toString('utf8'), retryAfterMs);
  }

  /** Seconds or a date (RFC 9110, section 10.2.3), converted to milliseconds from now. */
  #retryAfterHeader(value: string | string[] | undefined): number | undefined {
    if (typeof value !== 'string') return undefined;
    const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - this.#options.clock.now();
    return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
  }
}

/** Why a request is retried immediately, once per cause: with fresh credentials, or on another connection. */
type RepeatCause = 'unauthorized' | 'connection-closed';

function repeatCause({ method }: ApiRequest, failure: ApiError): RepeatCause | undefined {
  if (failure.status === 401) return 'unauthorized';
  // A kept-alive connection that the server had closed. Only for a GET it is certain that nothing was changed.
  return method === 'GET' && isSocketClosed(failure) ? 'connection-closed' : undefined;
}

const RESPONDED = 'responded';

function timeout(request: ApiRequest, ms: number): ApiError {
  return new ApiError('CTM_API_TIMEOUT', request.name, `no response within ${ms / 1_000} s`);
}

/** @throws LongBody */
async function bytesOf(body: ResponseBody, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > most) throw new LongBody(`the response has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Undefined for a text that is not JSON. */
function tryParse(text: Buffer, budget: ResponseBudget): Json | undefined {
  try {
    return parseBounded(text, budget);
  } catch (error) {
    if (error instanceof OverBudget) throw error;
    return undefined;
  }
}

/** The error for a response without a Status: from a load balancer, a proxy, or another server altogether. */
function foreignError(name: RequestName, status: number, type: string, text: string, retryAfterMs?: number): ApiError {
  // The response of kube-apiserver itself for a group, version or resource that it does not serve.
  if (status === 404 && text.startsWith('404 page not found')) {
    return new ApiError('CTM_API_STATUS', name, '404 NotFound: the server does not serve this resource', {
      status,
      reason: 'NotFound',
    });
  }
  const detail =
    type === 'text/plain' ? `: ${text.split('\n')[0]?.slice(0, 200)}` : ` (${type}, not a Kubernetes Status)`;
  const code = status < 400 ? 'CTM_API_PROTOCOL' : 'CTM_API_STATUS';
  return new ApiError(code, name, `${status} ${STATUS_CODES[status] ?? ''}${detail}`, { status, retryAfterMs });
}
