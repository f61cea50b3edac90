/** Follows several resources of one cluster, and notices when its API server stops answering. */
import { RESOURCES } from '../../api/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { toError } from '../../runtime/thrown.ts';
import { withTimeLimit } from '../../runtime/watchdog.ts';
import { isRefusal } from '../client/api-errors.ts';
import { isOverBudget } from '../client/budget.ts';
import type { KubeClient } from '../client/client.ts';
import { mayServeWatchList, type ServerVersion, serverVersionIn } from '../server-version.ts';
import { Reflector, type RestartReason } from './reflector.ts';
import type { Sink } from './sink.ts';
import { VersionTracker } from './version-tracker.ts';

/** A resource to follow, and the sink for its objects. */
export interface Followed {
  readonly resource: keyof typeof RESOURCES;
  readonly sink: Sink;
  readonly labelSelector?: string;
}

/** Polling of /version, since a watch over a dead network looks like an idle one. In milliseconds. */
export interface Heartbeat {
  readonly intervalMs: number;
  /** The interval while the API server does not respond; short, so that its return is noticed soon. */
  readonly lostIntervalMs: number;
  /** A heartbeat without a response within this time has failed. */
  readonly timeoutMs: number;
}

/** Part by which an interval may be shorter: the heartbeats of hundreds of clusters must not coincide. */
const SPREAD = 0.2;

export interface InformersOptions {
  readonly client: KubeClient;
  /** A stage starts once all resources of the previous stage have been listed. */
  readonly stages: readonly (readonly Followed[])[];
  readonly heartbeat: Heartbeat;
  /** The version of the API server, if the caller has read it. Otherwise, the first heartbeat reads it. */
  readonly version?: ServerVersion;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when a resource has been listed, and when the state of a resource or of the heartbeat has changed. */
  readonly onChange?: () => void;
  /** Called when the version of the API server has changed, or was first read. */
  readonly onVersion?: () => void;
  /** Called for each watch that ended and will be reopened. */
  readonly onRestart?: (resource: Followed['resource'], reason: RestartReason) => void;
}

/** The combined state of all resources. `since` and `lostSince` are in ms since the epoch. */
export type InformersState =
  /** Some resource has not been listed yet: `error` is the cause, `lostSince` the time of the last response. */
  | { readonly phase: 'starting'; readonly error?: Error; readonly lostSince?: number }
  /** Everything has been listed, and the API server responds. */
  | { readonly phase: 'watching' }
  /** Everything has been listed once; some resource, or the heartbeat, has had no response since. */
  | { readonly phase: 'lost'; readonly since: number; readonly error: Error };

interface Fault {
  readonly since: number;
  readonly error: Error;
}

/** Keeps the sinks equal to their resources until the signal of {@link run} aborts. */
export class Informers {
  readonly #options: InformersOptions;
  readonly #reflectors = new Set<Reflector>();
  readonly #unlisted: Set<Followed>;
  readonly #version: VersionTracker;
  #heartbeatLost: Fault | undefined;
  /** Computed on change rather than on access: DNS reads it for every query. */
  #state: InformersState = { phase: 'starting' };

  constructor(options: InformersOptions) {
    this.#options = options;
    this.#unlisted = new Set(options.stages.flat());
    this.#version = new VersionTracker(options.version);
  }

  get state(): InformersState {
    return this.#state;
  }

  /** The version that all API servers behind the address have, or a newer one; undefined while it is unknown. */
  get version(): ServerVersion | undefined {
    return this.#version.current;
  }

  /** Resolves when the signal aborts. API server failures are retried and show in {@link state}. */
  async run(signal: AbortSignal): Promise<void> {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const follow = async (): Promise<void> => {
      // What to ask for depends on the version.
      if (!this.#options.version) await asked;
      await this.#follow(this.#options.stages, signal);
    };
    await Promise.all([this.#beat(resolve, signal), follow()]);
  }

  async #follow([stage, ...later]: readonly (readonly Followed[])[], signal: AbortSignal): Promise<void> {
    if (!stage || signal.aborted) return;
    const listed: Promise<void>[] = [];
    const running: Promise<void>[] = [];
    for (const followed of stage) {
      const { promise, resolve } = Promise.withResolvers<void>();
      listed.push(promise);
      running.push(this.#reflect(followed, resolve, signal));
    }
    const stageEnds = Promise.all(running);
    await Promise.race([Promise.all(listed), stageEnds]);
    await Promise.all([stageEnds, this.#follow(later, signal)]);
  }

  async #reflect(followed: Followed, onListed: () => void, signal: AbortSignal): Promise<void> {
    const { client, clock, random, logger, onRestart } = this.#options;
    const { resource, sink, labelSelector } = followed;
    let failing = false;
    const reflector = new Reflector({
      client,
      resource: RESOURCES[resource],
      sink: {
        listStarted: () => sink.listStarted(),
        upserted: (object, bytes) => sink.upserted(object, bytes),
        removed: (object) => sink.removed(object),
        restarted: () => sink.restarted(),
        confirm: (listed, read) => sink.confirm?.(listed, read) ?? Promise.resolve(false),
        get bytes() {
          return sink.bytes ?? 0;
        },
        get most() {
          return sink.most ?? Number.POSITIVE_INFINITY;
        },
        listed: (resourceVersion) => {
          sink.listed(resourceVersion);
          this.#unlisted.delete(followed);
          onListed();
          this.#update();
        },
      },
      logger,
      clock,
      random,
      ...(labelSelector !== undefined && { labelSelector }),
      mayWatchList: () => mayServeWatchList(this.version),
      onState: (state) => {
        if (state.phase === 'watching' && failing) this.#wakeAll();
        failing = state.phase !== 'watching' && state.error !== undefined;
        this.#update();
      },
      onRestart: (reason) => onRestart?.(resource, reason),
    });
    this.#reflectors.add(reflector);
    await reflector.run(signal);
  }

  /** An API server that serves one request serves the others, too, so no reflector has to wait out its backoff. */
  #wakeAll(isBack = false): void {
    for (const reflector of this.#reflectors) if (reflector.state.phase !== 'watching') reflector.wake(isBack);
  }

  /** `asked` is called after the first heartbeat, whatever its result. */
  async #beat(asked: () => void, signal: AbortSignal): Promise<void> {
    const { clock, heartbeat, random } = this.#options;
    while (!signal.aborted) {
      const sentAt = clock.now();
      const error = await this.#probe(signal);
      asked();
      if (signal.aborted) return;
      if (error && !this.#heartbeatLost) {
        this.#heartbeatLost = { since: sentAt, error };
        this.#update();
      } else if (!error && this.#heartbeatLost) {
        this.#heartbeatLost = undefined;
        this.#wakeAll(true);
        this.#update();
      }
      const interval = error ? heartbeat.lostIntervalMs : heartbeat.intervalMs;
      await clock.sleep(interval * (1 - random() * SPREAD), signal).catch(() => {});
    }
  }

  /** The error if the API server does not respond. A refusal is a response; the reflectors report it if it matters. */
  async #probe(signal: AbortSignal): Promise<Error | undefined> {
    const { client, clock, heartbeat } = this.#options;
    try {
      const response = await withTimeLimit(clock, heartbeat.timeoutMs, signal, (limited) =>
        client.raw('/version', { signal: limited, vital: true }),
      );
      this.#learn(serverVersionIn(response));
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return undefined;
      return toError(error);
    }
  }

  #learn(version: ServerVersion | undefined): void {
    if (!version || !this.#version.seen(version, this.#options.clock.now())) return;
    for (const reflector of this.#reflectors) reflector.upgraded();
    this.#options.onVersion?.();
  }

  #update(): void {
    this.#state = this.#combined();
    this.#options.onChange?.();
  }

  #combined(): InformersState {
    const states = [...this.#reflectors].map((reflector) => reflector.state);
    const lost: Fault[] = states.filter((state) => state.phase === 'lost');
    if (this.#heartbeatLost) lost.push(this.#heartbeatLost);
    // An exceeded budget needs attention; the API server responds.
    const first = lost.find(({ error }) => isOverBudget(error)) ?? lost.toSorted((a, b) => a.since - b.since)[0];
    if (this.#unlisted.size === 0) {
      return first ? { phase: 'lost', since: first.since, error: first.error } : { phase: 'watching' };
    }
    const errors = states.flatMap((state) => (state.phase === 'starting' && state.error ? [state.error] : []));
    const error = errors.find(isOverBudget) ?? errors[0];
    return { phase: 'starting', ...(error && { error }), ...(first && { lostSince: first.since }) };
  }
}
