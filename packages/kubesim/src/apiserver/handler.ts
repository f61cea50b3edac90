/** Request handling: authentication, routing, execution and encoding of the response. */
import { stringify } from 'yaml';
import type { JsonObject } from '../machinery/json.ts';
import type { Logger } from '../machinery/runtime.ts';
import { StatusError } from '../machinery/status.ts';
import { isAuthenticated, refuseAnonymous } from './access.ts';
import type { Result } from './call.ts';
import { discovery } from './discovery.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import { negotiate, type Representation } from './negotiation.ts';
import { Form } from './presentation.ts';
import { answerReview } from './reviews.ts';
import { type Route, routeOf } from './route.ts';
import type { ClusterState } from './state.ts';
import type { RunProcess } from './streams/process-streams.ts';
import { includeObject } from './table.ts';
import type { Verbs } from './verbs.ts';
import type { WatchEvent } from './watcher.ts';

/** Maximum body size, as in kube-apiserver. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

interface HandlerOptions {
  readonly state: ClusterState;
  readonly verbs: Verbs;
  readonly token: string;
  readonly logger: Logger;
}

/** Raw path and query of a request. */
interface Location {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

/** Not parsed as a URL, which would take a path starting with two slashes as a host. */
function locationOf(path: string): Location {
  const mark = path.indexOf('?');
  const pathname = mark < 0 ? path : path.slice(0, mark);
  return { pathname, searchParams: new URLSearchParams(mark < 0 ? '' : path.slice(mark)) };
}

/** A decoded path segment; unchanged if its escapes are malformed. */
function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Response for a path outside all served groups. */
const NOT_FOUND: ApiResponse = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: '404 page not found\n',
};

export class Handler {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** Never rejects: errors become responses. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    const url = locationOf(request.path);
    const agent = request.headers['user-agent'] ?? '';
    let form: Representation = { format: 'json', pretty: negotiatePretty(url.searchParams, agent) };
    // Included in error responses, too.
    const warnings: string[] = [];
    try {
      const known = isAuthenticated(request, this.#options.token);
      if (Buffer.byteLength(request.body ?? '') > MAX_BODY_BYTES) throw tooLarge();
      const route = this.#route(url.pathname);
      if (!known) refuseAnonymous(request, url.pathname, route);
      if (!route) return this.#other(request, url);
      const isList = route.target.name === undefined && request.method === 'GET';
      form = negotiate(request.headers.accept ?? '', url.searchParams, agent, isList);
      if (route.target.version.warning !== undefined) warnings.push(route.target.version.warning);
      return withWarnings(this.#resource(request, url, route, form, warnings), warnings);
    } catch (error) {
      return withWarnings(this.#failed(request, form, error), warnings);
    }
  }

  /** The process that an upgrade request starts, or the response that refuses the upgrade. */
  async upgrade(request: ApiRequest): Promise<RunProcess | ApiResponse> {
    const url = locationOf(request.path);
    try {
      const route = this.#route(url.pathname);
      if (!isAuthenticated(request, this.#options.token)) refuseAnonymous(request, url.pathname, route);
      const started = route && this.#options.verbs.stream(route, url.searchParams);
      return started ?? (await this.handle(request));
    } catch (error) {
      return this.#failed(request, { format: 'json', pretty: false }, error);
    }
  }

  /**
   * Route of a path in the resource API; undefined for other paths.
   *
   * @throws StatusError 404 within a served group.
   */
  #route(path: string): Route | undefined {
    const { registry } = this.#options.state;
    const parts = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodedPart);
    const [root, ...rest] = parts;
    const group = root === 'api' ? '' : rest.shift();
    const version = rest.shift();
    if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined || rest.length === 0)
      return undefined;
    if (!registry.hasGroup(group)) return undefined;
    return routeOf(registry, group, version, rest);
  }

  #resource(
    request: ApiRequest,
    url: Location,
    route: Route,
    representation: Representation,
    warnings: string[],
  ): ApiResponse {
    const { state, verbs } = this.#options;
    const query = url.searchParams;
    const include = representation.as === 'Table' ? includeObject(query) : 'Metadata';
    const form = new Form(route.target, representation, include, () => state.clock.now());
    const result = verbs.call({ request, query, route, form, warn: (message) => warnings.push(message) });
    return answered(result, form, representation);
  }

  #other(request: ApiRequest, url: Location): ApiResponse {
    const agent = request.headers['user-agent'] ?? '';
    const { state } = this.#options;
    if (request.method === 'POST') {
      const review = answerReview(url.pathname, request.body ?? '', this.#options.token);
      return review ? json(201, review, negotiate('', url.searchParams, agent)) : NOT_FOUND;
    }
    const found = discovery(state, url.pathname, request.headers.accept ?? '', url.searchParams);
    if (!found) return NOT_FOUND;
    if ('text' in found) {
      const { text, type } = found;
      return { status: 200, headers: { ...PLAIN, ...(type && { 'content-type': type }) }, body: text };
    }
    if (found.etag !== undefined && request.headers['if-none-match'] === found.etag)
      return { status: 304, headers: { etag: found.etag, ...found.headers }, body: '' };
    const headers = { ...(found.etag !== undefined && { etag: found.etag, vary: 'Accept' }), ...found.headers };
    const representation = { format: 'json', pretty: negotiatePretty(url.searchParams, agent) } as const;
    return json(200, found.value, representation, headers);
  }

  #failed(request: ApiRequest, form: Representation, error: unknown): ApiResponse {
    const status =
      error instanceof StatusError
        ? error
        : new StatusError(500, 'InternalError', `Internal error occurred: ${String(error)}`, {
            causes: [{ reason: '', message: String(error), field: '' }],
          });
    if (status !== error)
      this.#options.logger.error({ method: request.method, path: request.path, err: error }, 'request failed');
    const seconds = status.details?.retryAfterSeconds;
    return json(status.code, status.toJSON(), form, seconds === undefined ? {} : { 'retry-after': `${seconds}` });
  }
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' } as const;

function negotiatePretty(query: URLSearchParams, agent: string): boolean {
  return negotiate('', query, agent).pretty;
}

function tooLarge(): StatusError {
  const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
  return new StatusError(413, 'RequestEntityTooLarge', message);
}

function withWarnings(response: ApiResponse, warnings: readonly string[]): ApiResponse {
  if (warnings.length === 0) return response;
  const warning = warnings.map((message) => `299 - ${JSON.stringify(message)}`);
  return { ...response, headers: { ...response.headers, warning } };
}

function answered(result: Result, form: Form, representation: Representation): ApiResponse {
  if ('text' in result) return { status: 200, headers: { ...PLAIN }, body: result.text };
  if ('value' in result) return json(result.status, result.value, representation);
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
    body: lines(result.events, form),
  };
}

async function* lines(
  batches: AsyncIterable<readonly WatchEvent[]>,
  form: Form,
): AsyncGenerator<string, void, undefined> {
  for await (const batch of batches) {
    let text = '';
    for (const event of batch) text += `${JSON.stringify(form.event(event))}\n`;
    yield text;
  }
}

function json(
  status: number,
  value: JsonObject,
  { format, pretty }: Representation,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  const body =
    format === 'yaml'
      ? stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 })
      : pretty
        ? JSON.stringify(value, undefined, 2)
        : `${JSON.stringify(value)}\n`;
  const type = format === 'yaml' ? 'application/yaml' : 'application/json';
  return { status, headers: { 'content-type': type, 'cache-control': 'no-cache, private', ...headers }, body };
}
