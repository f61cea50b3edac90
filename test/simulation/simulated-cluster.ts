/** One kubesim cluster, accessed without sockets. */

import type { ClusterApi, ClusterSettings, ResourceName } from 'kubesim';
import { type ApiResponse, type ApiServer, createApiServer } from 'kubesim/internal';
import { CRDS } from '../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf, parseJson } from '../../src/api/json.ts';
import type { TransportRequest, TransportResponse } from '../../src/kube/client/transport.ts';
import { MemoryBody, wholeBody } from '../support/memory-body.ts';
import { silent } from '../support/silent-log.ts';
import { Admission } from './admission.ts';
import type { Dice } from './dice.ts';
import { RIVAL } from './holdings.ts';
import type { Monitor } from './monitor.ts';
import type { RequestTarget } from './request-path.ts';
import { Rights } from './rights.ts';
import type { VirtualTime } from './virtual-time.ts';

export { settingsOf } from 'kubesim/internal';

export interface ClusterOptions {
  readonly settings: ClusterSettings;
  readonly importMode: 'Automatic' | 'Manual';
  readonly time: VirtualTime;
  readonly dice: Dice;
  /** Default: those of Catamaran. */
  readonly crds?: readonly JsonObject[];
}

/** Collections whose past states are kept for stale lists. */
const LISTED = [
  '/api/v1/namespaces',
  '/api/v1/services',
  '/apis/discovery.k8s.io/v1/endpointslices',
  '/apis/multicluster.x-k8s.io/v1beta1/serviceexports',
  '/apis/multicluster.x-k8s.io/v1beta1/serviceimports',
] as const;
const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
/** Number of past states kept per collection. */
const KEPT = 12;

/** Requests exempt from checks: replicas continuously renew Leases, and record Events. */
const OWN_AFFAIRS = /\/(leases|events)\b/;

export class SimulatedCluster {
  readonly settings: ClusterSettings;
  readonly importMode: 'Automatic' | 'Manual';
  readonly api: ClusterApi;
  readonly token = 'secret';
  /** Permissions of replicas in this cluster. */
  readonly rights = new Rights();
  readonly admission = new Admission();
  readonly #server: ApiServer;
  readonly #stop = new AbortController();
  readonly #past = new Map<string, string[]>();
  #monitor: Monitor | undefined;
  #touches = 0;
  /** The write in progress. Writes are serialized, so that each can be checked on its own. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Number of successful writes, without Leases and Events. */
  writes = 0;

  readonly #crds: readonly JsonObject[];

  constructor({ settings, importMode, time, dice, crds = CRDS.map(asJson) }: ClusterOptions) {
    this.#crds = crds;
    this.settings = settings;
    this.importMode = importMode;
    this.#server = createApiServer({
      settings: this.settings,
      clock: time,
      random: dice.next,
      logger: silent,
      token: this.token,
    });
    this.api = this.#server.api;
    this.installCrds();
    this.put('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  }

  get name(): string {
    return this.settings.name;
  }

  /** Second octet of its pod addresses. */
  get number(): number {
    return Number(this.settings.podCIDRs[0]?.split('.')[1]);
  }

  /** Passes every further write to the monitor. */
  watchWrites(monitor: Monitor): void {
    this.#monitor = monitor;
  }

  /** Creates an object as a user would, unless the name exists. */
  put(resource: ResourceName, object: JsonObject): void {
    const { namespace, name } = metadataOf(object) ?? {};
    const key = { ...(typeof namespace === 'string' && { namespace }), name: String(name) };
    if (!this.api.get(resource, key)) this.api.create(resource, object);
  }

  /** Creates a ServiceImport as kubectl does, with field ownership. Rejects if the API server does. */
  async import(object: JsonObject): Promise<void> {
    const answer = await this.#handle({
      method: 'POST',
      path: `/apis/multicluster.x-k8s.io/v1beta1/namespaces/${metadataOf(object)?.namespace}/serviceimports?fieldManager=kubectl`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
      signal: this.#stop.signal,
    });
    if (answer.statusCode >= 300) throw new Error(await answer.body.text());
  }

  get hasCrds(): boolean {
    return this.api.list(DEFINITIONS).length === CRDS.length;
  }

  /** Creates missing CRDs. Returns whether all exist; a CRD that is being deleted must be gone first. */
  installCrds(): boolean {
    for (const crd of this.#crds) this.put(DEFINITIONS, crd);
    return this.api.list(DEFINITIONS).every(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Replaces the CRDs, as `kubectl apply` does. */
  updateCrds(crds: readonly JsonObject[]): void {
    for (const crd of crds) {
      const metadata = metadataOf(crd) ?? {};
      const { resourceVersion = '' } = this.api.get(DEFINITIONS, { name: String(metadata.name) })?.metadata ?? {};
      this.api.update(DEFINITIONS, { ...crd, metadata: { ...metadata, resourceVersion } });
    }
  }

  /** Deletes the CRD of a resource, and with it all its objects. Returns a description. */
  removeCrd(dice: Dice): string {
    const { name } = dice.pick(CRDS)?.metadata ?? { name: '' };
    this.api.delete(DEFINITIONS, { name });
    for (const path of LISTED) if (path.endsWith(`/${name.split('.')[0]}`)) this.#past.delete(path);
    return name;
  }

  /** Changes the object of a request as an unrelated client would, which updates its version. */
  async touch({ path, name, subresource }: RequestTarget): Promise<void> {
    if (name === undefined) return;
    const object = subresource === undefined ? path : path.slice(0, -subresource.length - 1);
    const annotations = { [RIVAL]: String(++this.#touches) };
    await this.#handle({
      method: 'PATCH',
      path: `${object}?fieldManager=rival`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ metadata: { annotations } }),
      signal: this.#stop.signal,
    });
  }

  /** Executes a request other than a watch. */
  async ask(
    identity: string,
    target: RequestTarget,
    request: TransportRequest,
    sentAt: number,
  ): Promise<TransportResponse> {
    if (request.method === 'GET') return this.#handle(request);
    const done = this.#turn.then(() => this.#write(identity, target, request, sentAt));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Opens a watch, which ends when the signal aborts. */
  watch(request: TransportRequest): Promise<TransportResponse> {
    return this.#handle(request);
  }

  /** Saves the current lists, to be returned later as stale ones. */
  async remember(): Promise<void> {
    for (const path of LISTED) {
      const answer = await this.#handle({ method: 'GET', path, headers: {}, signal: this.#stop.signal });
      if (answer.statusCode !== 200) continue;
      const past = this.#past.get(path) ?? [];
      past.push(await answer.body.text());
      if (past.length > KEPT) past.shift();
      this.#past.set(path, past);
    }
  }

  /** An earlier list; undefined if none was saved. */
  stale(path: string, dice: Dice): string | undefined {
    return dice.pick(this.#past.get(path) ?? []);
  }

  /** Compacts the history, as etcd does: watches cannot resume from earlier versions. */
  forget(): void {
    this.#server.compact();
  }

  close(): void {
    this.#stop.abort();
    this.#server.close();
  }

  async #write(
    identity: string,
    target: RequestTarget,
    request: TransportRequest,
    sentAt: number,
  ): Promise<TransportResponse> {
    const { resource, namespace } = target;
    const name = target.name ?? String(metadataOf(parseObject(request.body ?? '{}'))?.name);
    const key = { ...(namespace !== undefined && { namespace }), name };
    const before = resource === undefined ? undefined : this.api.get(resource, key);
    const answer = await this.#handle(request);
    if (answer.statusCode >= 300 || resource === undefined) return answer;
    const after = this.api.get(resource, key);
    if (!OWN_AFFAIRS.test(target.path)) this.writes++;
    this.#monitor?.wrote({ identity, cluster: this.name, method: request.method, target, sentAt, before, after });
    return answer;
  }

  async #handle({ method, path, headers, body, signal }: TransportRequest): Promise<TransportResponse> {
    const answer = await this.#server.handle({
      method,
      path,
      headers: { ...headers, authorization: `Bearer ${this.token}` },
      signal,
      ...(body !== undefined && { body }),
    });
    return responseOf(answer);
  }
}

function responseOf({ status, headers, body }: ApiResponse): TransportResponse {
  return {
    statusCode: status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: typeof body === 'string' ? wholeBody(body) : new MemoryBody(bytesOf(body)),
  };
}

/** Reads the first chunk immediately, as a socket would before its reader is ready. */
function bytesOf(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = iterator.next();
  return (async function* () {
    for (let next = await first; !next.done; next = await iterator.next()) yield Buffer.from(next.value);
  })();
}

function asJson(object: object): JsonObject {
  return parseObject(JSON.stringify(object));
}

function parseObject(text: string): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}
