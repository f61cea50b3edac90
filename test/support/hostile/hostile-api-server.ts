/**
 * An API server that misbehaves on request, to be joined as a member beside honest ones. It wraps an honest transport,
 * such as `startCluster(...).transport()` of kubesim, so everything that a test does not spoil works as usual.
 *
 * Two ways to spoil it: {@link HostileApiServer.put} serves an object that no API server would store, in lists, watches
 * and reads; {@link HostileApiServer.misbehave} replaces whole responses (`misdeeds.ts`). It is a Transport, so it also
 * runs on virtual time; `hostile-listener.ts` serves it on a socket.
 */
import { isJsonObject, type Json, type JsonObject, metadataOf, parseJson } from '../../../src/api/json.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { type ClientOptions, createKubeClient } from '../../../src/kube/client/http-client.ts';
import type { Transport, TransportRequest, TransportResponse } from '../../../src/kube/client/transport.ts';
import { staticCredentials } from '../../../src/kube/kubeconfig/credentials.ts';
import { wholeBody } from '../memory-body.ts';
import { type HostileRequest, hostileRequest, type Match } from './hostile-request.ts';
import { SpoiledWatch } from './spoiled-watch.ts';

/**
 * Produces a response. `honest` asks the wrapped API server, with another request if there is one, and adds the objects
 * of {@link HostileApiServer.put}.
 */
export type Misdeed = (
  request: HostileRequest,
  honest: (instead?: TransportRequest) => Promise<TransportResponse>,
) => TransportResponse | Promise<TransportResponse>;

interface Committed {
  readonly match: Match;
  readonly misdeed: Misdeed;
  left: number;
}

/** A response with JSON. */
export function jsonResponse(
  json: Json,
  statusCode = 200,
  headers: Readonly<Record<string, string>> = {},
): TransportResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: wholeBody(JSON.stringify(json)),
  };
}

export class HostileApiServer implements Transport {
  /** All requests, in order. */
  readonly requests: HostileRequest[] = [];
  readonly #honest: Transport;
  readonly #misdeeds: Committed[] = [];
  /** Objects that are served in addition to those of the honest API server, by resource. */
  readonly #added = new Map<string, JsonObject[]>();
  readonly #watches = new Set<SpoiledWatch>();
  /** The highest resourceVersion so far. */
  #version = 0;

  constructor(honest: Transport) {
    this.#honest = honest;
  }

  /** A client of this server, as a member connects to it. */
  client(cluster: string, options: { readonly token: string } & Partial<ClientOptions>): KubeClient {
    const { token, ...rest } = options;
    const access = {
      server: `https://${cluster}`,
      tls: {},
      credentials: staticCredentials({ token }),
      source: 'hostile',
    };
    return createKubeClient({ cluster, access, transport: this, ...rest });
  }

  /**
   * Replaces the responses to the next `times` matching requests (default: all). Returns a function that ends it. The
   * newest matching misdeed applies; watches that are already open are not affected.
   */
  misbehave(match: Match, misdeed: Misdeed, times = Number.POSITIVE_INFINITY): () => void {
    const committed = { match, misdeed, left: times };
    this.#misdeeds.unshift(committed);
    return () => {
      committed.left = 0;
    };
  }

  /** Ends all misdeeds. Objects that were put stay. */
  repent(): void {
    this.#misdeeds.length = 0;
  }

  /**
   * Serves an object as it is, valid or not, and sends it to open watches. Without a resourceVersion it gets the next
   * one. An object of the same namespace and name is replaced.
   */
  put(plural: string, object: JsonObject): void {
    const versioned = this.#versioned(object);
    const objects = (this.#added.get(plural) ?? []).filter((other) => !isSame(other, object));
    const replaced = objects.length < (this.#added.get(plural) ?? []).length;
    this.#added.set(plural, [...objects, versioned]);
    this.say(plural, { type: replaced ? 'MODIFIED' : 'ADDED', object: versioned });
  }

  /** Removes an object that was put, and tells open watches. */
  remove(plural: string, object: JsonObject): void {
    this.#added.set(
      plural,
      (this.#added.get(plural) ?? []).filter((other) => !isSame(other, object)),
    );
    const { resourceVersion: _, ...metadata } = metadataOf(object) ?? {};
    this.say(plural, { type: 'DELETED', object: this.#versioned({ ...object, metadata }) });
  }

  /** Sends a line to all open watches of a resource: an event, or raw text. */
  say(plural: string, line: JsonObject | string): void {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    for (const watch of this.#watches) if (watch.plural === plural) watch.say(`${text}\n`);
  }

  /** Breaks all open watches, as a restart does. */
  disconnect(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** Number of matching requests so far. */
  count(match: Match): number {
    return this.requests.filter(match).length;
  }

  async send(use: 'requests' | 'watches', sent: TransportRequest): Promise<TransportResponse> {
    const request = hostileRequest(sent);
    this.requests.push(request);
    const honest = (instead = sent) => this.#honestly(use, instead, request);
    const committed = this.#misdeeds.find(({ match, left }) => left > 0 && match(request));
    if (!committed) return honest();
    committed.left--;
    return committed.misdeed(request, honest);
  }

  async close(): Promise<void> {
    this.disconnect();
    await this.#honest.close();
  }

  async #honestly(
    use: 'requests' | 'watches',
    sent: TransportRequest,
    request: HostileRequest,
  ): Promise<TransportResponse> {
    const { plural, verb, name, namespace } = request;
    const added = plural === undefined ? [] : this.#matching(plural, request);
    const found = name === undefined ? undefined : added.find((object) => isNamed(object, namespace, name));
    if (verb === 'get' && found) return jsonResponse(found);
    const response = await this.#honest.send(use, sent);
    if (response.statusCode !== 200 || plural === undefined) return response;
    if (verb === 'list') return this.#withObjects(response, added);
    if (!verb.startsWith('watch')) return response;
    const watch: SpoiledWatch = new SpoiledWatch(plural, response.body, sent.signal, {
      initial: verb === 'watchlist' ? added : [],
      sent: (version) => this.#noteVersion(version),
      closed: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return { ...response, body: watch };
  }

  /** The first page, with the added objects. */
  async #withObjects(response: TransportResponse, added: readonly JsonObject[]): Promise<TransportResponse> {
    const list = parseJson(await response.body.text());
    if (!isJsonObject(list)) return jsonResponse(list);
    this.#noteVersion(metadataOf(list)?.resourceVersion);
    const metadata = { ...metadataOf(list), resourceVersion: String(this.#version) };
    return jsonResponse({ ...list, metadata, items: [...(Array.isArray(list.items) ? list.items : []), ...added] });
  }

  #matching(plural: string, { namespace, query }: HostileRequest): readonly JsonObject[] {
    const wanted = query.get('labelSelector')?.split(',') ?? [];
    return (this.#added.get(plural) ?? []).filter((object) => {
      const metadata = metadataOf(object);
      if (namespace !== undefined && metadata?.namespace !== namespace) return false;
      const labels = metadata && isJsonObject(metadata.labels) ? metadata.labels : {};
      return wanted.every((term) => {
        const [label = '', value] = term.split('=');
        return labels[label] === value;
      });
    });
  }

  #versioned(object: JsonObject): JsonObject {
    const metadata = metadataOf(object);
    if (!metadata || metadata.resourceVersion !== undefined) return object;
    return { ...object, metadata: { ...metadata, resourceVersion: String(++this.#version) } };
  }

  #noteVersion(version: Json | undefined): void {
    const number = Number(version);
    if (Number.isSafeInteger(number)) this.#version = Math.max(this.#version, number);
  }
}

function isNamed(object: JsonObject, namespace: string | undefined, name: string): boolean {
  const metadata = metadataOf(object);
  return metadata?.name === name && metadata.namespace === namespace;
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  const [one, other] = [metadataOf(a), metadataOf(b)];
  return one?.name === other?.name && one?.namespace === other?.namespace;
}
