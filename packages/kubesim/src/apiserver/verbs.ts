/** The verbs of the resource API. */
import type { JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { badRequest, notFound, StatusError } from '../machinery/status.ts';
import type { Call, Result } from './call.ts';
import type { Deleter } from './deleter.ts';
import type { ApiRequest } from './http.ts';
import { listPage } from './lister.ts';
import { deleteOptions, listOptions, writeOptions } from './options.ts';
import { type Patcher, patchType } from './patcher.ts';
import { resourceName } from './registry.ts';
import { parseBody, parseObject } from './request-body.ts';
import { hasDeleteCollection, methodNotAllowed, notServed, type Route } from './route.ts';
import type { ScaleVerbs } from './scale-verbs.ts';
import { selection } from './selection.ts';
import { type ClusterState, collectionOf, storedIn } from './state.ts';
import type { RunProcess, StreamHandler } from './streams/process-streams.ts';
import type { Target } from './target.ts';
import { tooLargeVersion, versionNumber } from './versions.ts';
import { openWatch } from './watcher.ts';
import type { Writer } from './writer.ts';

export interface VerbsOptions {
  readonly state: ClusterState;
  readonly writer: Writer;
  readonly deleter: Deleter;
  readonly patcher: Patcher;
  readonly scale: ScaleVerbs;
  /** Handlers of other subresources, such as `pods/log`, keyed by `resource/subresource`. */
  readonly subresources: ReadonlyMap<string, SubresourceHandler>;
  /** Handlers of subresources that exchange streams with the client, such as `/pods/exec`. */
  readonly streams: ReadonlyMap<string, StreamHandler>;
  /** Aborts when the resource is removed. */
  readonly served: (target: Target) => AbortSignal;
}

/**
 * Handles a GET or POST of a subresource. Returns JSON or text; text may be streamed until the signal aborts.
 *
 * @throws StatusError
 */
export type SubresourceHandler = (
  object: StoredObject,
  query: URLSearchParams,
  signal: AbortSignal | undefined,
) => string | AsyncIterable<string> | JsonObject;

function userAgent({ headers }: ApiRequest): string {
  return headers['user-agent'] ?? 'unknown';
}

function contentType({ headers }: ApiRequest): string {
  return headers['content-type'] ?? '';
}

function isStream(answer: AsyncIterable<string> | JsonObject): answer is AsyncIterable<string> {
  return Symbol.asyncIterator in answer;
}

export class Verbs {
  readonly #options: VerbsOptions;

  constructor(options: VerbsOptions) {
    this.#options = options;
  }

  /**
   * Executes a request.
   *
   * @throws StatusError
   */
  call(call: Call): Result {
    const { method } = call.request;
    const { target, subresource } = call.route;
    if (subresource !== undefined) return this.#subresource(call, subresource);
    if (target.name === undefined) {
      if (method === 'GET' || method === 'HEAD') return this.#list(call);
      if (target.definition.namespaced && target.namespace === undefined) throw methodNotAllowed();
      if (method === 'POST') return this.#create(call);
      if (method === 'DELETE' && hasDeleteCollection(target.definition)) return this.#deleteCollection(call);
      throw methodNotAllowed();
    }
    if (method === 'GET' || method === 'HEAD') return call.query.has('watch') ? this.#list(call) : this.#get(call);
    if (method === 'PUT') return this.#update(call);
    if (method === 'PATCH') return this.#patch(call);
    if (method === 'DELETE') return this.#delete(call);
    throw methodNotAllowed();
  }

  #subresource(call: Call, subresource: string): Result {
    const { target } = call.route;
    const { method } = call.request;
    const { definition } = target;
    if (subresource === 'status' && definition.status) {
      if (method === 'GET') return this.#get(call);
      if (method === 'PUT') return this.#update(call, 'status');
      if (method === 'PATCH') return this.#patch(call, 'status');
      throw methodNotAllowed();
    }
    if (subresource === 'scale' && definition.scale) return this.#options.scale.call(call);
    // The rest of a path below /proxy belongs to the proxied server.
    const asked = subresource.startsWith('proxy/') ? 'proxy' : subresource;
    const handler = this.#options.subresources.get(`${resourceName(definition)}/${asked}`);
    if (!handler) throw notServed();
    if (method !== 'GET' && method !== 'POST') throw methodNotAllowed();
    const answer = handler(this.#found(target), call.query, call.request.signal);
    return typeof answer === 'string' || isStream(answer)
      ? { status: 200, text: answer }
      : { status: method === 'GET' ? 200 : 201, value: answer };
  }

  /**
   * The process that a request of a subresource starts; undefined if the subresource has none.
   *
   * @throws StatusError
   */
  stream({ target, subresource = '' }: Route, query: URLSearchParams): RunProcess | undefined {
    const handler = this.#options.streams.get(`${resourceName(target.definition)}/${subresource}`);
    return handler?.(this.#found(target), query);
  }

  #found(target: Target): StoredObject {
    const { definition, namespace, name = '' } = target;
    const key = { name, ...(namespace !== undefined && { namespace }) };
    const object = collectionOf(this.#options.state, definition).get(key);
    if (!object) throw notFound(definition, name);
    return object;
  }

  #get({ route, query, form }: Call): Result {
    const { store } = this.#options.state;
    const asked = versionNumber(query.get('resourceVersion') ?? '', (problem) => new StatusError(500, '', problem));
    if (asked !== undefined && asked > store.version) throw tooLargeVersion(asked, store.version);
    return { status: 200, value: form.object(this.#found(route.target)) };
  }

  #list({ route: { target }, query, form, request }: Call): Result {
    const { state, served } = this.#options;
    const options = listOptions(query);
    if (!options.watch) return { status: 200, value: form.list(listPage(state, target, options)) };
    const definition = storedIn(state, target.definition);
    const source = {
      collection: collectionOf(state, target.definition),
      selection: selection(target, definition, options),
      options,
      clock: state.clock,
      random: state.random,
      version: () => state.store.version,
      ended: served(target),
    };
    return { status: 200, events: openWatch(source, request.signal) };
  }

  #create({ route: { target }, query, form, request, warn }: Call): Result {
    const options = writeOptions('CreateOptions', query, userAgent(request));
    const sent = this.#sent(target, request);
    const { object } = this.#options.writer.create(target, sent, { ...options, warn });
    return { status: 201, value: form.object(object) };
  }

  #update({ route: { target }, query, form, request, warn }: Call, subresource?: 'status'): Result {
    const options = writeOptions('UpdateOptions', query, userAgent(request));
    const sent = this.#sent(target, request);
    const metadata = isObject(sent.metadata) ? sent.metadata : {};
    if (typeof metadata.name !== 'string' || metadata.name === '') {
      const words = `the name of the object (${target.name} based on URL) was undeterminable: name must be provided`;
      throw badRequest(words);
    }
    const update = { object: sent, ...(subresource && { subresource }) };
    const { object, created } = this.#options.writer.update(target, update, { ...options, warn });
    return { status: created ? 201 : 200, value: form.object(object) };
  }

  #patch({ route: { target }, query, form, request, warn }: Call, subresource?: 'status'): Result {
    const type = patchType(contentType(request), target.definition.custom === true);
    const { force, ...options } = writeOptions(
      'PatchOptions',
      query,
      userAgent(request),
      type === 'apply' ? 'apply' : 'other',
    );
    const patch = { type, body: request.body ?? '', force, ...(subresource && { subresource }) };
    const { object, created } = this.#options.patcher.patch(target, patch, { ...options, warn });
    return { status: created ? 201 : 200, value: form.object(object) };
  }

  #delete({ route: { target }, query, form, request }: Call): Result {
    const options = deleteOptions(query, this.#deleteBody(request));
    const { object, removed } = this.#options.deleter.delete(target, options);
    const { definition, name = '' } = target;
    if (!removed || definition.returnsDeleted) return { status: 200, value: form.object(object) };
    return {
      status: 200,
      value: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: {
          name,
          ...(definition.group !== '' && { group: definition.group }),
          kind: definition.plural,
          uid: object.metadata.uid,
        },
      },
    };
  }

  #deleteCollection({ route: { target }, query, form, request }: Call): Result {
    const { state, deleter } = this.#options;
    const options = deleteOptions(query, this.#deleteBody(request));
    const page = listPage(state, target, listOptions(query));
    const items: StoredObject[] = [];
    for (const { metadata } of page.items) {
      const one = {
        ...target,
        name: metadata.name,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      };
      items.push(deleter.delete(one, options).object);
    }
    return { status: 200, value: form.list({ items: page.items, resourceVersion: page.resourceVersion }) };
  }

  #sent(target: Target, request: ApiRequest): JsonObject {
    const { registry } = this.#options.state;
    const isKnown = (apiVersion: string, kind: string): boolean => registry.isKnown(apiVersion, kind);
    return parseObject({ target, isKnown }, request.body ?? '', contentType(request));
  }

  #deleteBody(request: ApiRequest) {
    if (request.body === undefined || request.body === '') return undefined;
    const type = contentType(request);
    return parseBody(request.body, type, (problem) => badRequest(`error decoding delete options: ${problem}`));
  }
}
