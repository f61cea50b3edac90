/** The link between one replica and one member: a transport with fault injection. */
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf, parseJson } from '../../src/api/json.ts';
import type { Transport, TransportRequest, TransportResponse, Use } from '../../src/kube/client/transport.ts';
import { MemoryBody, orAborted, socketError, wholeBody } from '../support/memory-body.ts';
import { statusAnswer } from './answers.ts';
import type { Dice } from './dice.ts';
import type { Ledger } from './ledger.ts';
import type { Monitor } from './monitor.ts';
import type { ReplicaProcess } from './replica-process.ts';
import { type RequestTarget, targetOf } from './request-path.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import type { VirtualTime } from './virtual-time.ts';
import { endsInitialState, eventsOf, initialStateEnd, type StreamEvent, spoiled } from './watch-stream.ts';
import { CLEAR, type Weather } from './weather.ts';

export interface LinkOptions {
  readonly process: ReplicaProcess;
  readonly cluster: SimulatedCluster;
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly monitor: Monitor;
  readonly trace: (line: string) => void;
}

/** Retry-After of requests rejected without effect, in seconds. */
const RETRY_AFTER = ['1', '3', '15'] as const;

export class Link implements Transport {
  readonly #options: LinkOptions;
  readonly #ledger: Ledger;
  readonly #streams = new Set<AbortController>();
  #weather: Weather = CLEAR;
  #changed: (() => void)[] = [];
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#ledger = options.monitor.ledger(options.process.identity, options.cluster.name);
  }

  get identity(): string {
    return this.#options.process.identity;
  }

  get cluster(): SimulatedCluster {
    return this.#options.cluster;
  }

  get weather(): Weather {
    return this.#weather;
  }

  /** Changes the faults. If connections are now refused, open ones are reset. */
  set(weather: Weather): void {
    this.#weather = weather;
    if (weather.reach === 'refused') this.cut();
    for (const wake of this.#changed.splice(0)) wake();
  }

  /** Breaks all open streams. */
  cut(): void {
    for (const stream of [...this.#streams]) stream.abort(socketError('ECONNRESET'));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.cut();
  }

  async send(use: Use, request: TransportRequest): Promise<TransportResponse> {
    if (this.#closed) throw new Error('the client is closed');
    const { process, cluster, monitor, dice, time } = this.#options;
    const { method, signal } = request;
    const target = targetOf(request.path);
    const sentAt = time.now();
    const writes = method !== 'GET';
    if (writes) {
      monitor.sent(process.identity, cluster.name, method, target);
      await process.aboutToWrite('before', `${method} ${cluster.name}${target.path}`);
    }
    await this.#travel(signal);
    const { refusals, refusedWrites, rivals, heldBack, hangingWrites } = this.#weather;
    const hangs = writes ? hangingWrites.includes(target.namespace ?? '') : heldBack.includes(target.resource ?? '');
    if (hangs) await orAborted(new Promise(() => {}), signal);
    const refusal = dice.chance(refusals) || (writes && dice.chance(refusedWrites)) ? this.#refusal() : undefined;
    if (writes && !refusal && dice.chance(rivals)) await cluster.touch(target);
    const answer =
      refusal ??
      cluster.rights.refusal(method, target) ??
      cluster.admission.refusal(method, target, request.body) ??
      (use === 'watches' ? await this.#watch(target, request) : await this.#ask(target, request, sentAt));
    this.#trace(`${method} ${request.path} ${answer.statusCode}`);
    if (use === 'watches' && answer.statusCode === 200) return answer;
    const text = await answer.body.text();
    if (writes) await process.aboutToWrite('after', `${method} ${cluster.name}${target.path}`);
    if (writes && answer.statusCode < 300 && dice.chance(this.#weather.brokenWrites)) {
      this.#trace(`${method} ${request.path} was done, and fails`);
      await this.#travel(signal);
      return statusAnswer(dice.pick([500, 504]), 'InternalError', 'etcdserver: request timed out');
    }
    if (!refusal && dice.chance(this.#weather.lostAnswers)) {
      if (dice.chance(0.5)) throw socketError('ECONNRESET');
      await orAborted(new Promise(() => {}), signal);
    }
    await this.#travel(signal);
    if (writes) monitor.answered(process.identity, cluster.name, method, target, answer.statusCode);
    if (!refusal) this.#learn(method, target, answer.statusCode, text);
    return { ...answer, body: wholeBody(text) };
  }

  #refusal(): TransportResponse {
    const { dice } = this.#options;
    const status = dice.pick([429, 500, 503]);
    const retryAfter = dice.chance(0.7) ? dice.pick(RETRY_AFTER) : undefined;
    return statusAnswer(status, 'Injected', 'injected', retryAfter);
  }

  /** A request other than a watch. */
  async #ask(target: RequestTarget, request: TransportRequest, sentAt: number): Promise<TransportResponse> {
    const { cluster, dice, process } = this.#options;
    const isList = request.method === 'GET' && target.resource !== undefined && target.name === undefined;
    if (
      isList &&
      !target.query.has('continue') &&
      !target.query.has('labelSelector') &&
      dice.chance(this.#weather.staleLists)
    ) {
      const stale = cluster.stale(target.path, dice);
      if (stale) {
        this.#trace(`stale ${target.path}`);
        return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: wholeBody(stale) };
      }
    }
    return cluster.ask(process.identity, target, request, sentAt);
  }

  async #watch(target: RequestTarget, request: TransportRequest): Promise<TransportResponse> {
    const { cluster, dice, time } = this.#options;
    const { resource } = target;
    if (resource === undefined) throw new Error(`not a watch: ${request.path}`);
    const initial = target.query.get('sendInitialEvents') === 'true';
    if (!initial && dice.chance(this.#weather.expiries))
      return statusAnswer(410, 'Expired', 'too old resource version');
    const stop = new AbortController();
    const forward = () => stop.abort(request.signal.reason);
    request.signal.addEventListener('abort', forward, { once: true });
    this.#streams.add(stop);
    const end = () => {
      this.#streams.delete(stop);
      request.signal.removeEventListener('abort', forward);
      stop.abort('over');
    };
    const stale = initial && dice.chance(this.#weather.staleLists) ? cluster.stale(target.path, dice) : undefined;
    if (stale !== undefined) this.#trace(`stale watch ${target.path}`);
    const answer =
      stale === undefined
        ? await cluster.watch({ ...request, signal: stop.signal })
        : { statusCode: 200, headers: {}, body: wholeBody('') };
    if (answer.statusCode !== 200) {
      end();
      return answer;
    }
    const events = stale === undefined ? eventsOf(answer.body) : this.#resumed(target, request, stale, stop.signal);
    if (initial) this.#ledger.listStarted(resource);
    let whole = initial;
    const bytes = spoiled(events, initial, {
      dice,
      weather: () => this.#weather,
      travel: (signal) => this.#travel(signal),
      sleep: (ms, signal) => time.sleep(ms, signal),
      delivered: (event) => {
        this.#trace(`${event.type} ${target.path} ${metadataOf(event.object)?.resourceVersion}`);
        whole = this.#learnEvent(resource, event, whole);
      },
      signal: stop.signal,
    });
    try {
      await this.#travel(stop.signal);
    } catch (error) {
      end();
      throw error;
    }
    return { ...answer, body: new MemoryBody(ending(bytes, end)) };
  }

  /** A WatchList that starts with an old state and continues from there. */
  async *#resumed(
    { path, query }: RequestTarget,
    request: TransportRequest,
    list: string,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent, void, undefined> {
    const { items, version, apiVersion, kind } = readList(list);
    for (const object of items) yield { type: 'ADDED', object };
    yield initialStateEnd(apiVersion, kind, version);
    const on = new URLSearchParams(query);
    on.delete('sendInitialEvents');
    on.delete('resourceVersionMatch');
    on.set('resourceVersion', version);
    const answer = await this.#options.cluster.watch({ ...request, path: `${path}?${on}`, signal });
    if (answer.statusCode === 200) yield* eventsOf(answer.body);
  }

  /** Network delay. */
  async #travel(signal: AbortSignal): Promise<void> {
    const { time, dice, process } = this.#options;
    const ms = Math.round(dice.next() * this.#weather.latencyMs);
    await time.sleep(ms, signal);
    while (this.#weather.reach === 'silent') {
      const open = new Promise<void>((resolve) => this.#changed.push(resolve));
      await orAborted(open, signal);
    }
    if (this.#weather.reach === 'refused') throw socketError('ECONNREFUSED');
    await process.running();
    signal.throwIfAborted();
  }

  /** Records what the replica learns from a response. */
  #learn(method: string, { resource, namespace, name, query }: RequestTarget, status: number, text: string): void {
    if (resource === undefined) return;
    const ledger = this.#ledger;
    const id = [namespace, name].filter((part) => part !== undefined).join('/');
    if (status === 404 && name !== undefined && isOfObject(text)) ledger.missing(resource, id);
    if (status >= 300) return;
    if (method === 'DELETE') ledger.missing(resource, id);
    else if (method !== 'GET' || name !== undefined) ledger.upserted(resource, parseObject(text));
    else {
      const { items, version, more } = readList(text);
      const whole = !query.has('labelSelector');
      if (whole && !query.has('continue')) ledger.listStarted(resource);
      for (const item of items) ledger.upserted(resource, item);
      if (whole && !more) ledger.listed(resource, version);
    }
  }

  /** Returns whether the initial state is still being received. */
  #learnEvent(resource: string, event: StreamEvent, initial: boolean): boolean {
    const { type, object } = event;
    if (type === 'BOOKMARK') {
      if (!initial || !endsInitialState(event)) return initial;
      this.#ledger.listed(resource, String(metadataOf(object)?.resourceVersion));
      return false;
    }
    if (type === 'DELETED') this.#ledger.removed(resource, object);
    else if (type !== 'ERROR') this.#ledger.upserted(resource, object);
    return initial;
  }

  #trace(line: string): void {
    const { process, cluster, time, trace } = this.#options;
    trace(`${time.now()} ${process.identity} ${cluster.name} ${line}`);
  }
}

async function* ending(
  pieces: AsyncIterable<Uint8Array>,
  end: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* pieces;
  } finally {
    end();
  }
}

/** Whether a 404 refers to the named object, and not to a resource that is not served. */
function isOfObject(text: string): boolean {
  const { details } = parseObject(text);
  return isJsonObject(details) && details.name !== undefined;
}

function parseObject(text: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new Error(`not an object: ${text.slice(0, 200)}`);
  return value;
}

function readList(text: string) {
  const list = parseObject(text);
  const metadata = metadataOf(list) ?? {};
  return {
    apiVersion: String(list.apiVersion),
    kind: String(list.kind).replace(/List$/, ''),
    items: (Array.isArray(list.items) ? list.items : []).filter((item) => isJsonObject(item)),
    version: String(metadata.resourceVersion),
    more: typeof metadata.continue === 'string' && metadata.continue !== '',
  };
}
