/** The client of one API server, over HTTP/1.1. */
import packageJson from '../../../package.json' with { type: 'json' };
import { asText, type JsonObject, metadataOf } from '../../api/json.ts';
import { FIELD_MANAGER } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import { apiVersion, type Resource } from '../../api/resources.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { type Pace, UNPACED } from '../../runtime/pace.ts';
import type { Random } from '../../runtime/random.ts';
import type { ClusterAccess } from '../kubeconfig/credentials.ts';
import { eventIn, objectIn } from './answers.ts';
import { ApiError, isAbsent, isGone, transportError } from './api-errors.ts';
import { DEFAULT_LIST_BUDGET, DEFAULT_RESPONSE_BUDGET, OverBudget } from './budget.ts';
import type {
  CreateOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  ListPage,
  ObjectList,
  ObjectName,
  PatchKind,
  RawObject,
  RequestOptions,
  WatchEvent,
  WatchOptions,
} from './client.ts';
import { type ApiRequest, Exchange, type ExchangeLimits } from './exchange.ts';
import { jsonLines } from './lines.ts';
import { readPages } from './pages.ts';
import { type Place, pathOf, placeName, type QueryParameters, resourceName } from './paths.ts';
import { openPortForward } from './port-forward.ts';
import { type SocketLimits, SocketTransport } from './sockets.ts';
import type { Transport } from './transport.ts';

const PAGE_SIZE = 500;
/** How often a list starts over because its continue token expired. */
const LIST_RESTARTS = 3;

export type ClientLimits = ExchangeLimits &
  SocketLimits & {
    /** Maximum pages of a list. */
    readonly pages: number;
    /** Maximum bytes of a list that is returned as a whole. */
    readonly collectedBytes: number;
  };

export const DEFAULT_CLIENT_LIMITS: ClientLimits = {
  inFlight: 64,
  connections: 64,
  requestTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  retries: 4,
  maxRetryAfterMs: 10_000,
  pages: DEFAULT_LIST_BUDGET.pages,
  collectedBytes: 64 * 1024 * 1024,
  ...DEFAULT_RESPONSE_BUDGET,
};

export interface ClientOptions {
  /** Name of the cluster in logs and errors. */
  readonly cluster: string;
  readonly access: ClusterAccess;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Default: Math.random. */
  readonly random?: Random;
  readonly limits?: Partial<ClientLimits>;
  /** Default: connections to `access.server`. */
  readonly transport?: Transport;
  /** Shared by the clients of a process, so that responses and events of all of them leave time for others. Default: none. */
  readonly pace?: Pace;
  /** Default: never. */
  readonly isOutdated?: () => Promise<boolean>;
  /** Name of the writes in managedFields. Default: that of Catamaran, which shows what it manages. */
  readonly fieldManager?: string;
}

/** A client of the API server at `access`. It connects on the first request, and must be closed. */
export function createKubeClient(options: ClientOptions): KubeClient {
  const limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
  const transport = options.transport ?? new SocketTransport(options.access, limits);
  const exchange = new Exchange({
    transport,
    credentials: options.access.credentials,
    userAgent: `catamaran/${packageJson.version}`,
    limits,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    pace: options.pace ?? UNPACED,
  });
  return new HttpClient(transport, exchange, limits, options);
}

const CONTENT_TYPES: Record<PatchKind, string> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  // Server-side apply takes YAML, and JSON is YAML.
  apply: 'application/apply-patch+yaml',
};

class HttpClient implements KubeClient {
  readonly cluster: string;
  readonly #transport: Transport;
  readonly #exchange: Exchange;
  readonly #limits: ClientLimits;
  readonly isOutdated: () => Promise<boolean>;
  readonly #fieldManager: string;
  readonly portForward: NonNullable<KubeClient['portForward']> = (pod, port, signal) =>
    openPortForward(this.#exchange, { cluster: this.cluster, pod, port, signal });

  constructor(transport: Transport, exchange: Exchange, limits: ClientLimits, options: ClientOptions) {
    const { cluster, isOutdated = async () => false, fieldManager = FIELD_MANAGER } = options;
    this.cluster = cluster;
    this.isOutdated = isOutdated;
    this.#fieldManager = fieldManager;
    this.#transport = transport;
    this.#exchange = exchange;
    this.#limits = limits;
  }

  async get<T extends KubeObject = RawObject>(
    resource: Resource,
    object: ObjectName,
    options: RequestOptions = {},
  ): Promise<T> {
    const request = this.#request('get', 'GET', resource, object);
    return objectIn<T>(request.name, await this.#exchange.call(request, options));
  }

  async list<T extends KubeObject = RawObject>(resource: Resource, options: ListOptions = {}): Promise<ObjectList<T>> {
    for (let restarts = 0; ; restarts++) {
      try {
        const items: T[] = [];
        let resourceVersion = '';
        let bytes = 0;
        for await (const page of this.pages(resource, options)) {
          bytes += page.bytes;
          if (bytes > this.#limits.collectedBytes) {
            const { name } = this.#request('list', 'GET', resource, options);
            throw transportError(name, new OverBudget(`a list of more than ${this.#limits.collectedBytes} bytes`));
          }
          // The server validated the items against the schema of the resource that T stands for.
          for (const item of page.items) items.push(item as JsonObject & T);
          resourceVersion = page.resourceVersion;
        }
        return { items, resourceVersion };
      } catch (error) {
        if (!isGone(error) || restarts === LIST_RESTARTS) throw error;
      }
    }
  }

  async *pages(resource: Resource, options: ListOptions = {}): AsyncGenerator<ListPage, void, undefined> {
    const type = { apiVersion: apiVersion(resource), kind: resource.kind }; // which items of a list lack
    const pages = readPages({
      request: (limit, next) => {
        const { labelSelector, fieldSelector } = options;
        const query = { labelSelector, fieldSelector, limit, continue: next };
        return { ...this.#request('list', 'GET', resource, options, query), compressed: true };
      },
      ask: (request) => this.#exchange.ask(request, options),
      limit: options.limit ?? PAGE_SIZE,
      pages: this.#limits.pages,
    });
    for await (const page of pages) yield { ...page, items: page.items.map((item) => ({ ...type, ...item })) };
  }

  async create<T extends KubeObject = RawObject>(
    resource: Resource,
    namespace: string | undefined,
    object: JsonObject,
    options: CreateOptions = {},
  ): Promise<T> {
    const { within, dryRun, fieldManager = this.#fieldManager } = options;
    const place = { namespace, ...within };
    const request = this.#request('create', 'POST', resource, place, { dryRun, fieldManager }, object);
    const about = placeName({ namespace, name: asText(metadataOf(object)?.name) });
    const named = { ...request, name: { ...request.name, object: about } };
    return objectIn<T>(request.name, await this.#exchange.call(named, options));
  }

  async update<T extends KubeObject = RawObject>(
    resource: Resource,
    object: JsonObject,
    options: RequestOptions & { readonly subresource?: 'status' } = {},
  ): Promise<T> {
    const { namespace, name, resourceVersion } = metadataOf(object) ?? {};
    if (asText(name) === undefined) throw new TypeError('metadata.name: missing in an update');
    const place = { namespace: asText(namespace), name: asText(name), subresource: options.subresource };
    const request = {
      ...this.#request('update', 'PUT', resource, place, {}, object),
      // With a resourceVersion, the second of two equal updates fails without any effect.
      repeatable: resourceVersion !== undefined,
    };
    return objectIn<T>(request.name, await this.#exchange.call(request, options));
  }

  async patch<T extends KubeObject = RawObject>(
    resource: Resource,
    object: ObjectName,
    patch: JsonObject | readonly JsonObject[],
    options: RequestOptions & {
      readonly kind?: PatchKind;
      readonly subresource?: 'status';
      readonly force?: boolean;
    } = {},
  ): Promise<T> {
    const kind = options.kind ?? 'merge';
    const place = { ...object, subresource: options.subresource };
    const query = { force: kind === 'apply' ? options.force : undefined };
    const request = {
      ...this.#request('patch', 'PATCH', resource, place, query, patch),
      contentType: CONTENT_TYPES[kind],
      // A JSON patch may append to a list.
      repeatable: kind !== 'json',
    };
    return objectIn<T>(request.name, await this.#exchange.call(request, options));
  }

  async delete(resource: Resource, object: ObjectName, options: DeleteOptions = {}): Promise<boolean> {
    const { uid, resourceVersion, propagationPolicy, dryRun } = options;
    const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy };
    const settings = { ...body, dryRun: dryRun && [dryRun] };
    const request = this.#request('delete', 'DELETE', resource, object, undefined, settings);
    try {
      await this.#exchange.call(request, options);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async *watch(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    const request = this.#request('watch', 'GET', resource, options, {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: options.timeoutSeconds,
      labelSelector: options.labelSelector,
      resourceVersion: options.resourceVersion,
      sendInitialEvents: options.sendInitialEvents,
      // Required with sendInitialEvents, forbidden without.
      resourceVersionMatch: options.sendInitialEvents ? 'NotOlderThan' : undefined,
    });
    const body = await this.#exchange.open(request, options.signal);
    options.onOpen?.();
    try {
      for await (const line of jsonLines(body, this.#limits)) {
        const turn = this.#exchange.turn();
        if (turn) await turn;
        yield eventIn(request.name, line);
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof SyntaxError) {
        throw new ApiError('CTM_API_PROTOCOL', request.name, `event is not JSON: ${error.message}`, {
          status: 200,
          cause: error,
        });
      }
      throw transportError(request.name, error);
    }
  }

  raw(path: string, options: RequestOptions = {}): Promise<unknown> {
    const name = { cluster: this.cluster, verb: 'get', resource: path, object: '' };
    return this.#exchange.call({ name, method: 'GET', path, repeatable: true, plain: true }, options);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #request(
    verb: string,
    method: ApiRequest['method'],
    resource: Resource,
    place: Place,
    query?: QueryParameters,
    body?: JsonObject | readonly JsonObject[],
  ): ApiRequest {
    const writes = method === 'POST' || method === 'PUT' || method === 'PATCH';
    return {
      name: {
        cluster: this.cluster,
        verb,
        resource: resourceName(resource, place.subresource),
        object: placeName(place),
      },
      method,
      path: pathOf(resource, place, writes ? { fieldManager: this.#fieldManager, ...query } : query),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      repeatable: method !== 'POST',
    };
  }
}
