/**
 * Keeps a sink equal to one resource of one cluster: a full reading, then a watch that goes on where the last one ended.
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
import { ApiError, isGone, isTooNew, statusError } from '../client/api-errors.ts';
import type { KubeClient, WatchEvent } from '../client/client.ts';
import { resourceName } from '../client/paths.ts';
import type { ReflectorState, Sink } from './sink.ts';

/** Why a watch had to be opened anew. `expired`, `stalled` and `verify` are followed by a full reading. */
export type RestartReason =
  /** The server ended the stream in order. */
  | 'ended'
  /** The stream broke, or could not be opened. */
  | 'failed'
  /** The stream gave no event and no bookmark for too long. */
  | 'silent'
  /** 410: the server has forgotten what came after the version we hold. */
  | 'expired'
  /** Stream after stream broke or fell silent without getting any further. */
  | 'stalled'
  /** It was time to compare everything. */
  | 'verify';

/** Times and sizes of a reflector; times in milliseconds where the name does not say otherwise. */
export interface ReflectorLimits {
  readonly pageSize: number;
  /** The server is asked to end a watch after a random time between these, so that watches do not renew together. */
  readonly minWatchSeconds: number;
  readonly maxWatchSeconds: number;
  /** A watch without any event for this long is opened anew. The server sends a bookmark about once a minute. */
  readonly silenceMs: number;
  /** The same while a WatchList sends the initial state: a server that does not know WatchList may never end it. */
  readonly initialSilenceMs: number;
  /** A stream that ended sooner counts as a failure. */
  readonly shortStreamMs: number;
  /** Bound of the wait before a resource is tried again that the server does not serve (yet). */
  readonly missingMs: number;
  /** Everything is read again this long after the last full reading, once a watch ends: no gap lasts for ever. */
  readonly verifyMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
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
  readonly limits?: Partial<ReflectorLimits>;
  readonly onState?: (state: ReflectorState) => void;
  readonly onRestart?: (reason: RestartReason) => void;
}

/** Longest wait before a watch that ended in order is renewed; spreads the watches of many reflectors. */
const RENEW_JITTER_MS = 50;
/** Streams in a row that got nowhere before everything is read again. */
const STALLS = 2;
/** Annotation of the bookmark that ends the initial state of a WatchList. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** What became of one stream. */
interface Stream {
  /** When the server accepted it; undefined where it did not. */
  openedAt: number | undefined;
  /** Whether it moved the version on. */
  progressed: boolean;
}

/** A stream that the watchdog ended. */
class SilentStream extends Error {
  override readonly name = 'SilentStream';
}

/** A server that took the parameters of a WatchList and did not know them. */
class UnservedWatchList extends Error {
  override readonly name = 'UnservedWatchList';
}

/** Whether a WatchList failed in a way that LIST may not. 400 and 422 are how servers refuse its parameters. */
function isUnserved(error: unknown): boolean {
  if (error instanceof ApiError) return [400, 422].includes(error.status) || error.code === 'CTM_API_PROTOCOL';
  return error instanceof UnservedWatchList || error instanceof SilentStream;
}

/** Whether a stream that stood open failed in a way that may go on for ever if it is resumed at the same version. */
function isStall(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 'CTM_API_PROTOCOL' || error.code === 'CTM_API_STATUS';
  return error instanceof SilentStream;
}

/** Follows one resource until it is told to stop. Faults of the API show in `state` and never end it. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #limits: ReflectorLimits;
  readonly #logger: Logger;
  readonly #backoff: Backoff;
  #state: ReflectorState = { phase: 'starting' };
  /** Where the watch goes on; undefined where everything must be read. */
  #version: string | undefined;
  #listedAt = 0;
  #watchList = true;
  #stalls = 0;
  /** The server asked to be left alone until then. */
  #notBefore = Number.NEGATIVE_INFINITY;
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
   * Tries again now where it waits after a failure, and soon where the try under way fails: for those who know that the
   * server is back. It keeps the time that the server itself asked for.
   */
  wake(): void {
    this.#backoff.reset();
    this.#nap?.abort();
  }

  /** Runs until the signal aborts, then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const wait = await this.#step(signal);
        if (wait > 0) await this.#sleep(wait, signal);
        const asked = this.#notBefore - this.#options.clock.now();
        if (asked > 0) await this.#options.clock.sleep(asked, signal);
      } catch (error) {
        // Only our own signal gets here: #step turns the rest into a wait.
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Sleeps until it is woken, at the longest. */
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

  /** A full reading where one is due, and one stream; gives the milliseconds to wait before the next. */
  async #step(signal: AbortSignal): Promise<number> {
    const stream: Stream = { openedAt: undefined, progressed: false };
    try {
      if (this.#version === undefined && !this.#watchList) await this.#list(signal);
      await this.#watch(signal, stream);
    } catch (error) {
      signal.throwIfAborted();
      return this.#failed(error, stream);
    }
    const { clock, random } = this.#options;
    this.#stalls = 0;
    if (clock.now() - this.#listedAt >= this.#limits.verifyMs) this.#relist('verify');
    else this.#restart('ended');
    if (!this.#lived(stream)) return this.#backoff.next();
    this.#backoff.reset();
    return random() * RENEW_JITTER_MS;
  }

  /** Whether a stream was open long enough to count as a success. */
  #lived(stream: Stream): boolean {
    const { openedAt } = stream;
    return openedAt !== undefined && this.#options.clock.now() - openedAt >= this.#limits.shortStreamMs;
  }

  /** LIST in pages. A continue token that expires on the way fails the reading; the next one starts over. */
  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector, sink } = this.#options;
    const pages = client.pages(resource, {
      signal,
      limit: this.#limits.pageSize,
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
    });
    let version: string | undefined;
    sink.listStarted();
    for await (const page of pages) {
      for (const object of page.items) this.#deliver('upserted', object);
      version = page.resourceVersion;
    }
    if (version !== undefined) this.#listed(version);
  }

  /** One stream: the state first where it is still unknown, then changes. Resolves when the server ends it. */
  async #watch(signal: AbortSignal, stream: Stream): Promise<void> {
    const { client, resource, namespace, labelSelector, sink, clock, random } = this.#options;
    const { minWatchSeconds, maxWatchSeconds, silenceMs, initialSilenceMs } = this.#limits;
    const reading = this.#version === undefined;
    if (reading) sink.listStarted();
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
            if (!reading) this.#watching();
          },
          ...(this.#version === undefined ? { sendInitialEvents: true } : { resourceVersion: this.#version }),
          ...(namespace !== undefined && { namespace }),
          ...(labelSelector !== undefined && { labelSelector }),
        });
        for await (const event of events) {
          guard.heard();
          this.#take(event, stream);
        }
      },
    );
    if (this.#version === undefined) throw new UnservedWatchList('the watch ended before the state was complete');
  }

  #take(event: WatchEvent, stream: Stream): void {
    const { client, resource } = this.#options;
    const metadata = metadataOf(event.object);
    if (event.type === 'ERROR') {
      const name = { cluster: client.cluster, verb: 'watch', resource: resourceName(resource), object: '' };
      throw statusError(name, 0, event.object);
    }
    if (event.type === 'DELETED') this.#deliver('removed', event.object);
    else if (event.type !== 'BOOKMARK') this.#deliver('upserted', event.object);

    const version = asText(metadata?.resourceVersion);
    if (this.#version === undefined) {
      // Objects of the initial state come in any order, so only its last bookmark is a place to go on from.
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

  #deliver(method: 'upserted' | 'removed', object: JsonObject): void {
    try {
      this.#options.sink[method](object);
    } catch (error) {
      const metadata = metadataOf(object);
      const name = { namespace: metadata?.namespace, name: metadata?.name };
      this.#logger.error({ object: name, err: error }, 'object skipped: it cannot be taken in');
    }
  }

  #listed(version: string): void {
    this.#options.sink.listed(version);
    this.#version = version;
    this.#listedAt = this.#options.clock.now();
    this.#watching();
  }

  /** Decides how to go on after a failure; gives the milliseconds to wait. */
  #failed(error: unknown, stream: Stream): number {
    const { random } = this.#options;
    const reading = this.#version === undefined;
    const lived = this.#lived(stream);
    if (lived) this.#backoff.reset();
    if (reading && this.#watchList && isUnserved(error)) {
      this.#logger.info({ err: error }, 'WatchList is not served here: using LIST');
      this.#watchList = false;
      return 0;
    }
    if (isGone(error) || isTooNew(error)) {
      this.#relist('expired');
      if (reading) this.#lost(error);
      return lived ? 0 : this.#backoff.next();
    }
    if (stream.progressed) this.#stalls = 0;
    else if (stream.openedAt !== undefined && (!lived || isStall(error))) this.#stalls++;
    if (this.#stalls >= STALLS) {
      // On a way that lets no stream through, only LIST can tell how things stand.
      if (reading) this.#watchList = false;
      this.#relist('stalled');
    } else this.#restart(error instanceof SilentStream ? 'silent' : 'failed');

    // A stream that was open and broke says little about the server: how the next one fares will show it.
    if (reading || stream.openedAt === undefined) this.#lost(toError(error));
    else if (lived) return random() * RENEW_JITTER_MS;

    const missing = error instanceof ApiError && error.status === 404;
    // A resource that was taken away and comes back does not go on where it was.
    if (missing) this.#version = undefined;
    const wait = Math.min(this.#backoff.next(), missing ? this.#limits.missingMs : Number.POSITIVE_INFINITY);
    const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
    if (asked !== undefined) this.#notBefore = this.#options.clock.now() + asked * (1 + random() / 4);
    return wait;
  }

  #relist(reason: RestartReason): void {
    this.#version = undefined;
    this.#restart(reason);
  }

  #restart(reason: RestartReason): void {
    this.#logger.debug({ reason }, 'watch restarts');
    this.#notify(() => this.#options.onRestart?.(reason));
  }

  #watching(): void {
    if (this.#state.phase === 'watching') return;
    if (this.#state.phase === 'lost') this.#logger.info({}, 'watch is back');
    this.#enter({ phase: 'watching' });
  }

  #lost(error: Error): void {
    const state = this.#state;
    if (state.phase === 'starting') this.#enter({ phase: 'starting', error });
    else this.#enter({ phase: 'lost', since: state.phase === 'lost' ? state.since : this.#options.clock.now(), error });
    const told = state.phase !== 'watching' && state.error?.message === error.message;
    this.#logger[told ? 'debug' : 'warn']({ err: error }, 'API server gives no usable answer');
  }

  #enter(state: ReflectorState): void {
    this.#state = state;
    this.#notify(() => this.#options.onState?.(state));
  }

  /** Calls a listener, whose faults are not the API's. */
  #notify(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error({ err: error }, 'listener failed');
    }
  }
}
