/**
 * Keeps a sink in sync with one resource of one cluster: a full list, then watches, each resuming where the last ended.
 *
 * Source: Kubernetes documentation, "API concepts": "Efficient detection of changes", "Streaming lists",
 * "410 Gone responses".
 */
import type { JsonObject } from '../../api/json.ts';
import { asText, isJsonObject, metadataOf } from '../../api/json.ts';
import type { Resource } from '../../api/resources.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { toError } from '../../runtime/thrown.ts';
import { untilSilent } from '../../runtime/watchdog.ts';
import { ApiError, isGone, isTooNew, type RequestName, statusError, transportError } from '../client/api-errors.ts';
import { DEFAULT_LIST_BUDGET, isOverBudget, type ListBudget, OverBudget } from '../client/budget.ts';
import type { KubeClient, WatchEvent } from '../client/client.ts';
import { resourceName } from '../client/paths.ts';
import { isBehind, isRestored } from './restored.ts';
import type { ReflectorState, Sink } from './sink.ts';
import { TimeSlice } from './time-slice.ts';

/** Why a watch had to be reopened. `expired`, `stalled` and `verify` are followed by a full list. */
export type RestartReason =
  /** The server ended the stream regularly. */
  | 'ended'
  /** The stream broke, or could not be opened. */
  | 'failed'
  /** The stream carried no event and no bookmark for too long. */
  | 'silent'
  /** 410: the server no longer has the changes since the last seen version. */
  | 'expired'
  /** Consecutive streams broke or fell silent without any progress. */
  | 'stalled'
  /** A periodic full comparison was due. */
  | 'verify';

/** Times and sizes of a reflector; times are in milliseconds unless the name has another unit. */
export interface ReflectorLimits extends Omit<ListBudget, 'pages'> {
  readonly pageSize: number;
  /** The server is asked to end each watch after a random time between these, so that watches do not renew together. */
  readonly minWatchSeconds: number;
  readonly maxWatchSeconds: number;
  /** A watch without any event for this long is reopened. The server sends a bookmark about once a minute. */
  readonly silenceMs: number;
  /** The same during the initial state of a WatchList, which a server without WatchList may never end. */
  readonly initialSilenceMs: number;
  /** A stream that ends sooner counts as a failure. */
  readonly shortStreamMs: number;
  /** Upper bound on the wait before a resource that is not served (yet) is retried. */
  readonly missingMs: number;
  /** Age of the last full list at which the end of a watch triggers another, so that no gap lasts forever. */
  readonly verifyMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** A longer Retry-After is not honored: a maintenance page may ask for an hour. */
  readonly maxRetryAfterMs: number;
  /** Wait before an API server that exceeded its budget is tried again. */
  readonly overBudgetMs: number;
}

export const DEFAULT_REFLECTOR_LIMITS: ReflectorLimits = {
  pageSize: 500,
  minWatchSeconds: 300,
  maxWatchSeconds: 600,
  silenceMs: 95_000,
  initialSilenceMs: 15_000,
  shortStreamMs: 1_000,
  missingMs: 2_000,
  verifyMs: 3_600_000,
  backoffBaseMs: 200,
  backoffCapMs: 30_000,
  maxRetryAfterMs: 45_000,
  overBudgetMs: 5 * 60_000,
  ...DEFAULT_LIST_BUDGET,
};

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly sink: Sink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Whether the API server may support WatchList, by its version. Default: yes, until it shows that it does not. */
  readonly mayWatchList?: () => boolean;
  readonly limits?: Partial<ReflectorLimits>;
  readonly onState?: (state: ReflectorState) => void;
  readonly onRestart?: (reason: RestartReason) => void;
}

/** Longest wait before a watch that ended regularly is renewed; spreads the watches of many reflectors. */
const RENEW_JITTER_MS = 50;
/** Consecutive streams without progress before everything is listed again. */
const STALLS = 2;
/** Most by which a wait is lengthened, so that clients that were sent away together do not return together. */
const JITTER = 1.25;
/** Annotation of the bookmark that ends the initial state of a WatchList. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Outcome of one stream. */
interface Stream {
  /** When the server accepted it; undefined if it did not. */
  openedAt: number | undefined;
  /** Whether it advanced the version. */
  progressed: boolean;
}

/** The watchdog ended the stream. */
class SilentStream extends Error {
  override readonly name = 'SilentStream';
}

/** The versions of the server have started again, so the stream will never deliver anything. */
class Restored extends Error {
  override readonly name = 'Restored';
}

/** The server accepted the parameters of a WatchList without supporting them. */
class UnservedWatchList extends Error {
  override readonly name = 'UnservedWatchList';
}

/** Whether a WatchList failed in a way that a LIST may not. Servers reject its parameters with 400 or 422. */
function isUnserved(error: unknown): boolean {
  if (error instanceof ApiError) return [400, 422].includes(error.status) || error.code === 'CTM_API_PROTOCOL';
  return error instanceof UnservedWatchList || error instanceof SilentStream;
}

/** Whether an open stream failed in a way that may repeat forever if it is resumed at the same version. */
function isStall(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 'CTM_API_PROTOCOL' || error.code === 'CTM_API_STATUS';
  return error instanceof SilentStream;
}

/** Follows one resource until aborted. API failures show in `state` and never end it. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #limits: ReflectorLimits;
  readonly #logger: Logger;
  readonly #backoff: Backoff;
  #state: ReflectorState = { phase: 'starting' };
  /** The version to resume the watch from; undefined if a full list is due. */
  #version: string | undefined;
  #listedAt = 0;
  /** Whether the API server has shown that it does not support WatchList. */
  #lacksWatchList = false;
  #stalls = 0;
  /** Earliest time of the next request, from the server's Retry-After. */
  #notBefore = Number.NEGATIVE_INFINITY;
  /** Earliest time of the next request to a server that exceeded its budget. */
  #refusedUntil = Number.NEGATIVE_INFINITY;
  /** Whether the server may have been restored from a backup since the last stream. */
  #doubtful = false;
  /** Ends the current list and stream. */
  #cut = new AbortController();
  /** What the current list has cost. */
  #listing = { startedAt: 0, bytes: 0, objects: 0, keptBefore: 0 };
  #nap: AbortController | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_REFLECTOR_LIMITS, ...options.limits };
    this.#logger = options.logger.child({ cluster: options.client.cluster, resource: resourceName(options.resource) });
    const { backoffBaseMs, backoffCapMs } = this.#limits;
    this.#backoff = new Backoff({ baseMs: backoffBaseMs, capMs: backoffCapMs, factor: 2 }, options.random);
  }

  get state(): ReflectorState {
    return this.#state;
  }

  /**
   * Ends a wait after a failure, and resets the backoff of an attempt in progress: for callers that know that the
   * server responds again. A Retry-After of the server still holds, unless the whole server was away and `isBack`.
   */
  wake(isBack = false): void {
    if (isBack) this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#backoff.reset();
    this.#nap?.abort();
  }

  /** Tries again what the API server did not support, for callers that know that its version has changed. */
  upgraded(): void {
    this.#lacksWatchList = false;
  }

  /** Runs until the signal aborts, then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const wait = await this.#step(signal);
        if (wait > 0) await this.#sleep(wait, signal);
        for (let left = this.#heldMs(); left > 0; left = this.#heldMs()) await this.#sleep(left, signal);
      } catch (error) {
        // Only an abort of `signal` ends up here: #step turns every other error into a wait.
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Milliseconds for which {@link wake} does not end a wait; bounded, since the clock may be set back. */
  #heldMs(): number {
    const now = this.#options.clock.now();
    const { maxRetryAfterMs, overBudgetMs } = this.#limits;
    return Math.max(
      Math.min(this.#notBefore - now, maxRetryAfterMs * JITTER),
      Math.min(this.#refusedUntil - now, overBudgetMs * JITTER),
    );
  }

  /** Sleeps for `ms`, or until {@link wake}. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const nap = new AbortController();
    this.#nap = nap;
    const forward = () => nap.abort();
    signal.addEventListener('abort', forward, { once: true });
    await this.#options.clock.sleep(ms, nap.signal).catch(() => {});
    signal.removeEventListener('abort', forward);
    this.#nap = undefined;
    signal.throwIfAborted();
  }

  /** A full list if one is due, then one stream; returns the milliseconds to wait before the next step. */
  async #step(signal: AbortSignal): Promise<number> {
    const stream: Stream = { openedAt: undefined, progressed: false };
    const cut = new AbortController();
    this.#cut = cut;
    const forward = () => cut.abort(signal.reason);
    signal.addEventListener('abort', forward, { once: true });
    try {
      if (this.#doubtful) await this.#checkVersion(signal);
      if (this.#version === undefined && !this.#triesWatchList()) await this.#list(signal);
      await this.#watch(cut.signal, stream);
    } catch (error) {
      signal.throwIfAborted();
      return this.#failed(error, stream);
    } finally {
      signal.removeEventListener('abort', forward);
    }
    const { clock, random } = this.#options;
    this.#stalls = 0;
    if (clock.now() - this.#listedAt >= this.#limits.verifyMs) this.#relist('verify');
    else this.#restart('ended');
    if (!this.#lived(stream)) return this.#backoff.next();
    this.#backoff.reset();
    return random() * RENEW_JITTER_MS;
  }

  #triesWatchList(): boolean {
    return !this.#lacksWatchList && this.#options.mayWatchList?.() !== false;
  }

  /** Whether a stream was open long enough to count as a success. */
  #lived(stream: Stream): boolean {
    const { openedAt } = stream;
    return openedAt !== undefined && this.#options.clock.now() - openedAt >= this.#limits.shortStreamMs;
  }

  /** LIST in pages. A continue token that expires on the way fails the list; the next one starts over. */
  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector } = this.#options;
    const pages = client.pages(resource, {
      signal,
      limit: this.#limits.pageSize,
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
    });
    let version: string | undefined;
    const slice = this.#startList();
    for await (const { items, bytes, resourceVersion } of pages) {
      this.#charge(bytes, items.length);
      for (const object of items) {
        this.#upserted(object, bytes / items.length);
        const pause = slice.pause();
        if (pause) await pause;
      }
      const pause = slice.pause();
      if (pause) await pause;
      version = resourceVersion;
    }
    if (version !== undefined) this.#listed(version);
  }

  /** One stream: the initial state if it is still unknown, then changes. Resolves when the server ends it. */
  async #watch(signal: AbortSignal, stream: Stream): Promise<void> {
    const { client, resource, namespace, labelSelector, clock, random } = this.#options;
    const { minWatchSeconds, maxWatchSeconds, silenceMs, initialSilenceMs } = this.#limits;
    const listing = this.#version === undefined;
    const slice = listing ? this.#startList() : undefined;
    await untilSilent(
      clock,
      signal,
      () => (this.#version === undefined ? initialSilenceMs : silenceMs),
      () => new SilentStream('the watch fell silent'),
      async (guard) => {
        const events = client.watch(resource, {
          signal: guard.signal,
          timeoutSeconds: Math.round(minWatchSeconds + random() * (maxWatchSeconds - minWatchSeconds)),
          onOpen: () => {
            guard.heard();
            stream.openedAt = clock.now();
            // A server that exceeded its budget has to show that it no longer does.
            if (!listing && !this.#isRefused()) this.#watching();
          },
          ...(this.#version === undefined ? { sendInitialEvents: true } : { resourceVersion: this.#version }),
          ...(namespace !== undefined && { namespace }),
          ...(labelSelector !== undefined && { labelSelector }),
        });
        for await (const event of events) {
          guard.heard();
          this.#take(event, stream);
          const pause = this.#version === undefined ? slice?.pause() : undefined;
          if (pause) await pause;
        }
      },
    );
    if (this.#version === undefined) throw new UnservedWatchList('the watch ended before the state was complete');
  }

  #take(event: WatchEvent, stream: Stream): void {
    const metadata = metadataOf(event.object);
    if (event.type === 'ERROR') throw statusError(this.#requestName('watch'), 0, event.object);
    if (this.#version === undefined) this.#charge(event.bytes, 1);
    if (event.type === 'DELETED') this.#deliver(event.object, () => this.#options.sink.removed(event.object));
    else if (event.type !== 'BOOKMARK') this.#upserted(event.object, event.bytes);

    const version = asText(metadata?.resourceVersion);
    if (this.#version === undefined) {
      // Objects of the initial state come in any order, so a watch can only resume from its final bookmark.
      if (event.type !== 'BOOKMARK' || version === undefined) return;
      const annotations = isJsonObject(metadata?.annotations) ? metadata.annotations : {};
      if (annotations[INITIAL_EVENTS_END] !== 'true')
        throw new UnservedWatchList('a bookmark without the initial state');
      this.#listed(version);
    } else if (version !== undefined) {
      this.#version = version;
      this.#watching();
    }
    stream.progressed = true;
  }

  #startList(): TimeSlice {
    const { clock, sink } = this.#options;
    this.#listing = { startedAt: clock.now(), bytes: 0, objects: 0, keptBefore: sink.bytes ?? 0 };
    sink.listStarted();
    return new TimeSlice(clock);
  }

  /** @throws ApiError if the list exceeds its budget. */
  #charge(bytes: number, objects: number): void {
    const { listBytes, objects: most, listMs } = this.#limits;
    this.#listing.bytes += bytes;
    this.#listing.objects += objects;
    if (this.#listing.bytes > listBytes) throw this.#overBudget('list', `the list has more than ${listBytes} bytes`);
    if (this.#listing.objects > most) throw this.#overBudget('list', `the list has more than ${most} objects`);
    const ms = this.#options.clock.now() - this.#listing.startedAt;
    if (ms > listMs) throw this.#overBudget('list', `the list takes longer than ${listMs / 60_000} minutes`);
  }

  #upserted(object: JsonObject, bytes: number): void {
    const { sink } = this.#options;
    this.#deliver(object, () => sink.upserted(object, bytes));
    // Until a list is complete, the sink also has what it will remove.
    this.#requireKept(this.#version === undefined ? this.#listing.keptBefore : 0);
  }

  /** @throws ApiError if the sink has more than its budget, and more than `before`. */
  #requireKept(before: number): void {
    const { sink } = this.#options;
    const most = Math.min(this.#limits.keptBytes, sink.most ?? Number.POSITIVE_INFINITY);
    if ((sink.bytes ?? 0) <= Math.max(most, before)) return;
    throw this.#overBudget('watch', `the objects to be kept have more than ${most} bytes`);
  }

  #overBudget(verb: string, problem: string): ApiError {
    return transportError(this.#requestName(verb), new OverBudget(problem));
  }

  #requestName(verb: string): RequestName {
    const { client, resource } = this.#options;
    return { cluster: client.cluster, verb, resource: resourceName(resource), object: '' };
  }

  #isRefused(): boolean {
    return this.#state.phase === 'lost' && isOverBudget(this.#state.error);
  }

  #deliver(object: JsonObject, call: () => void): void {
    try {
      call();
    } catch (error) {
      const metadata = metadataOf(object);
      const name = { namespace: metadata?.namespace, name: metadata?.name };
      this.#logger.error({ object: name, err: error }, 'object could not be processed, skipping it');
    }
  }

  #listed(version: string): void {
    this.#options.sink.listed(version);
    this.#requireKept(0);
    this.#version = version;
    this.#listedAt = this.#options.clock.now();
    this.#watching();
    void this.#confirm(version, this.#cut);
  }

  /** A watch from a version that a restored server has not reached yet would stay silent. */
  async #checkVersion(signal: AbortSignal): Promise<void> {
    if (this.#version !== undefined && (await isBehind(this.#options, this.#version, signal))) this.#relist('expired');
    this.#doubtful = false;
  }

  /** Reads what could not be compared with the list, as often as it takes; ends the stream if nothing compares. */
  async #confirm(version: string, stream: AbortController): Promise<void> {
    const { sink, clock, random } = this.#options;
    const { backoffBaseMs, backoffCapMs } = this.#limits;
    const backoff = new Backoff({ baseMs: backoffBaseMs, capMs: backoffCapMs, factor: 2 }, random);
    while (!stream.signal.aborted && this.#cut === stream) {
      try {
        if (await isRestored(this.#options, sink, version, stream.signal)) stream.abort(new Restored('etcd restored'));
        return;
      } catch (error) {
        this.#logger.debug({ err: error }, 'could not read objects that are newer than the list');
        await clock.sleep(backoff.next(), stream.signal).catch(() => {});
      }
    }
  }

  /** Decides how to continue after a failure; returns the milliseconds to wait. */
  #failed(error: unknown, stream: Stream): number {
    const { random } = this.#options;
    if (isOverBudget(error)) return this.#refused(toError(error));
    if (error instanceof Restored) {
      this.#logger.warn({}, 'the versions of the API server have started again, reading everything');
      this.#options.sink.restarted();
      this.#relist('expired');
      return 0;
    }
    // Before etcd is restored, its API servers are stopped, which breaks all streams.
    this.#doubtful = true;
    const listing = this.#version === undefined;
    const lived = this.#lived(stream);
    if (lived) this.#backoff.reset();
    if (listing && this.#triesWatchList() && isUnserved(error)) {
      this.#logger.info({ err: error }, 'WatchList not supported by the API server, falling back to LIST');
      this.#lacksWatchList = true;
      return 0;
    }
    if (isGone(error) || isTooNew(error)) {
      this.#relist('expired');
      if (listing) this.#lost(error);
      return lived ? 0 : this.#backoff.next();
    }
    if (stream.progressed) this.#stalls = 0;
    else if (stream.openedAt !== undefined && (!lived || isStall(error))) this.#stalls++;
    if (this.#stalls >= STALLS) {
      // A network path that passes no streams leaves only LIST.
      if (listing) this.#lacksWatchList = true;
      this.#relist('stalled');
    } else this.#restart(error instanceof SilentStream ? 'silent' : 'failed');

    // That an open stream broke says little about the server; the next one will show its state.
    if (listing || stream.openedAt === undefined) this.#lost(toError(error));
    else if (lived) return random() * RENEW_JITTER_MS;

    const missing = error instanceof ApiError && error.status === 404;
    // A resource that is removed and served again does not resume at the old version.
    if (missing) this.#version = undefined;
    const wait = Math.min(this.#backoff.next(), missing ? this.#limits.missingMs : Number.POSITIVE_INFINITY);
    const retryAfter = error instanceof ApiError ? error.retryAfterMs : undefined;
    if (retryAfter !== undefined) {
      const ms = Math.min(retryAfter, this.#limits.maxRetryAfterMs);
      this.#notBefore = this.#options.clock.now() + ms * (1 + random() * (JITTER - 1));
    }
    return wait;
  }

  /** What is known stays; trying again soon would only cost the same again. */
  #refused(error: Error): number {
    const { clock, random } = this.#options;
    this.#refusedUntil = clock.now() + this.#limits.overBudgetMs * (1 + random() * (JITTER - 1));
    this.#restart('failed');
    this.#lost(error);
    return 0;
  }

  #relist(reason: RestartReason): void {
    this.#version = undefined;
    this.#restart(reason);
  }

  #restart(reason: RestartReason): void {
    this.#logger.debug({ reason }, 'restarting watch');
    this.#notify(() => this.#options.onRestart?.(reason));
  }

  #watching(): void {
    if (this.#state.phase === 'watching') return;
    if (this.#state.phase === 'lost') this.#logger.info({}, 'watch resumed');
    this.#enter({ phase: 'watching' });
  }

  #lost(error: Error): void {
    const state = this.#state;
    if (state.phase === 'starting') this.#enter({ phase: 'starting', error });
    else this.#enter({ phase: 'lost', since: state.phase === 'lost' ? state.since : this.#options.clock.now(), error });
    const logged = state.phase !== 'watching' && state.error?.message === error.message;
    this.#logger[logged ? 'debug' : 'warn']({ err: error }, 'list/watch failed');
  }

  #enter(state: ReflectorState): void {
    this.#state = state;
    this.#notify(() => this.#options.onState?.(state));
  }

  /** An error of a listener must not count as one of the API. */
  #notify(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error({ err: error }, 'listener failed');
    }
  }
}
