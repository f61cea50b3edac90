/** One member at run time: its connection, its reflectors and its cache. */
import { EventEmitter, once } from 'node:events';
import type { JsonObject } from '../api/json.ts';
import { SERVICE_NAME } from '../api/labels.ts';
import type { IPFamily, ServiceKey } from '../api/meta.ts';
import { splitKey } from '../api/meta.ts';
import { RESOURCES } from '../api/resources.ts';
import type { MemberConfig } from '../config/parse.ts';
import { isAbsent, isRefusal } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { untilSilent } from '../kube/client/watchdog.ts';
import { Reflector } from '../kube/watch/reflector.ts';
import type { Sink } from '../kube/watch/sink.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { discoverNetwork, type Network } from './discovery.ts';
import { MemberCache, type MemberChange } from './member-cache.ts';

/** How a member stands. `unreachable` keeps its last known data; `unknown` has none yet. */
export type MemberState =
  | { readonly phase: 'unknown'; readonly error?: Error }
  | { readonly phase: 'ready' }
  | { readonly phase: 'unreachable'; readonly since: number; readonly error: Error }
  | { readonly phase: 'refused'; readonly error: Error };

/** Waiting between tries of what a member must have before it can be watched. */
const RETRY: BackoffLimits = { baseMs: 200, capMs: 30_000, factor: 2 };

/** How often the API server is asked whether it is there; an idle watch does not tell. In ms. */
const HEARTBEAT_MS = 5_000;
/** The same while it does not answer, so that its return is noticed soon. */
const LOST_HEARTBEAT_MS = 1_000;
/** After this long without an answer a heartbeat counts as failed. In ms. */
const HEARTBEAT_TIMEOUT_MS = 5_000;

/** What a member is made of; everything from outside is handed in. */
export interface MemberOptions {
  readonly config: MemberConfig;
  readonly connect: () => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly changed: (change: MemberChange) => void;
  readonly stateChanged: () => void;
  /** Counts the restarts of watches by cause. */
  readonly watchRestarted: (resource: string, reason: string) => void;
  /** Throws where the cluster must not be a member, such as one that is a member under another name. */
  readonly admit: (network: Network) => void;
}

/** Watches one member until its signal aborts. */
export class Member {
  readonly config: MemberConfig;
  readonly cache: MemberCache;
  /** When the member joined, in ms since the epoch. */
  readonly startedAt: number;
  readonly #options: MemberOptions;
  #client: KubeClient | undefined;
  readonly #reflectors = new Map<string, Reflector>();
  readonly #appeared: ServiceKey[] = [];
  readonly #bell = new EventEmitter();
  #network: Network | undefined;
  #refused: Error | undefined;
  #starting: Error | undefined;
  #heartbeatLost: { readonly since: number; readonly error: Error } | undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.config = options.config;
    this.startedAt = options.clock.now();
    this.cache = new MemberCache({
      derivedPrefix: options.config.derivedPrefix,
      logger: options.logger,
      changed: options.changed,
      exportAppeared: (key) => {
        this.#appeared.push(key);
        this.#bell.emit('news');
      },
    });
  }

  get name(): string {
    return this.config.name;
  }

  /** The connection; undefined until the member's kubeconfig could be read. */
  get client(): KubeClient | undefined {
    return this.#client;
  }

  /** Families of the Service network, the primary one first. */
  get ipFamilies(): readonly IPFamily[] {
    return this.#network?.ipFamilies ?? ['IPv4'];
  }

  /** Values of `spec.trafficDistribution` that the API server takes; undefined where that is not known. */
  get trafficDistributions(): readonly string[] | undefined {
    return this.#network?.trafficDistributions;
  }

  /** UID of the cluster's kube-system namespace; undefined until the member first answered. */
  get clusterId(): string | undefined {
    return this.#network?.clusterId;
  }

  get state(): MemberState {
    if (this.#refused) return { phase: 'refused', error: this.#refused };
    const states = [...this.#reflectors.values()].map((reflector) => reflector.state);
    if (!this.cache.synced) {
      const failed = states.find((state) => state.phase === 'starting' && state.error);
      const error = failed?.phase === 'starting' ? failed.error : this.#starting;
      return { phase: 'unknown', ...(error && { error }) };
    }
    const lost = states.filter((state) => state.phase === 'lost');
    const faults = this.#heartbeatLost ? [...lost, this.#heartbeatLost] : lost;
    const first = faults.toSorted((a, b) => a.since - b.since)[0];
    return first ? { phase: 'unreachable', since: first.since, error: first.error } : { phase: 'ready' };
  }

  /** Resolves when the signal aborts. Faults of the API server show in {@link state} and are retried. */
  async run(signal: AbortSignal): Promise<void> {
    const client = await this.#meet(signal);
    if (client) await this.#watch(client, signal);
    await this.#client?.close();
  }

  async #watch(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { cache } = this;
    // Exports and imports are listed first: they say which Services and slices are kept while the others stream in.
    const first = [
      this.#reflect(client, 'serviceExports', cache.exports, signal),
      this.#reflect(client, 'serviceImports', cache.imports, signal),
      this.#reflect(client, 'namespaces', cache.namespaces, signal),
      this.#fetchAppeared(client, signal),
      this.#beat(client, signal),
    ];
    await this.#listed(signal);
    await Promise.all([
      ...first,
      this.#reflect(client, 'services', cache.services, signal),
      this.#reflect(client, 'endpointSlices', cache.slices, signal),
    ]);
  }

  /** Reads who the cluster is, as often as it takes; undefined when the signal aborted. */
  async #meet(signal: AbortSignal): Promise<KubeClient | undefined> {
    const { connect, config, random, clock, logger } = this.#options;
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted) {
      try {
        // A kubeconfig is read anew after each failure: it may have been mended.
        this.#client = await connect();
        const network = await discoverNetwork(this.#client, config, signal);
        this.#options.admit(network);
        if (this.#refused) logger.info({}, 'member is accepted now');
        this.#refused = undefined;
        this.#starting = undefined;
        this.#network = network;
        return this.#client;
      } catch (error) {
        if (signal.aborted) return undefined;
        await this.#client?.close();
        this.#client = undefined;
        const fault = error instanceof Error ? error : new Error(String(error));
        const refused = this.#isRefusal(fault);
        const known = (refused ? this.#refused : this.#starting)?.message === fault.message;
        if (refused) this.#refused = fault;
        else this.#starting = fault;
        if (!known) logger.error({ err: fault }, refused ? 'member refused' : 'member cannot be reached');
        this.#options.stateChanged();
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
    return undefined;
  }

  #isRefusal(error: Error): boolean {
    return 'code' in error && error.code === 'CTM_MEMBER_DUPLICATE';
  }

  async #reflect(client: KubeClient, name: keyof typeof RESOURCES, table: Sink, signal: AbortSignal): Promise<void> {
    const { clock, random, logger, stateChanged, watchRestarted } = this.#options;
    let failing = false;
    const reflector = new Reflector({
      client,
      resource: RESOURCES[name],
      sink: {
        listStarted: () => table.listStarted(),
        upserted: (object) => table.upserted(object),
        removed: (object) => table.removed(object),
        listed: (resourceVersion) => {
          table.listed(resourceVersion);
          this.#bell.emit('news');
          stateChanged();
        },
      },
      logger: logger.child({ resource: name }),
      clock,
      random,
      onState: (state) => {
        if (state.phase === 'watching' && failing) this.#answered();
        failing = state.phase !== 'watching' && state.error !== undefined;
        stateChanged();
      },
      onRestart: (reason) => watchRestarted(name, reason),
    });
    this.#reflectors.set(name, reflector);
    await reflector.run(signal);
  }

  /** An API server that gives an answer again is there for all questions: nobody waits out his own backoff. */
  #answered(): void {
    for (const reflector of this.#reflectors.values()) if (reflector.state.phase !== 'watching') reflector.wake();
  }

  /** Waits until exports, imports and namespaces have been listed. */
  async #listed(signal: AbortSignal): Promise<void> {
    const { exports, imports, namespaces } = this.cache;
    while (!signal.aborted && !(exports.synced && imports.synced && namespaces.synced)) await this.#woken(signal);
  }

  /** Fetches what was dropped while streaming, for exports that appeared since. */
  async #fetchAppeared(client: KubeClient, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const keys = this.#appeared.splice(0);
      if (keys.length === 0) await this.#woken(signal);
      for (const key of keys) void this.#fetch(client, key, signal);
    }
  }

  async #fetch(client: KubeClient, key: ServiceKey, signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const { namespace, name } = splitKey(key);
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted && this.cache.awaits(key)) {
      try {
        await Promise.all([
          this.cache.services.fetch(async () => {
            try {
              const service = await client.get(RESOURCES.services, { namespace, name }, { signal });
              return [asJson(service)];
            } catch (error) {
              if (isAbsent(error)) return [];
              throw error;
            }
          }),
          this.cache.slices.fetch(async () => {
            const labelSelector = `${SERVICE_NAME}=${name}`;
            const list = await client.list(RESOURCES.endpointSlices, { namespace, labelSelector, signal });
            return list.items.map(asJson);
          }),
        ]);
        this.cache.fetched(key);
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ service: key, err: error }, 'endpoints of a new export cannot be read; trying again');
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }

  /** Asks the API server whether it is there: an idle watch over a dead network looks like an idle watch. */
  async #beat(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, stateChanged } = this.#options;
    while (!signal.aborted) {
      const asked = clock.now();
      const error = await this.#ask(client, signal);
      if (signal.aborted) return;
      const lost = error && { since: this.#heartbeatLost?.since ?? asked, error };
      if ((lost === undefined) !== (this.#heartbeatLost === undefined)) {
        this.#heartbeatLost = lost;
        if (!lost) this.#answered();
        stateChanged();
      }
      await clock.sleep(lost ? LOST_HEARTBEAT_MS : HEARTBEAT_MS, signal).catch(() => {});
    }
  }

  /** Gives the fault of an API server that does not answer. One that refuses is there; the reflectors tell of that. */
  async #ask(client: KubeClient, signal: AbortSignal): Promise<Error | undefined> {
    try {
      await untilSilent(
        this.#options.clock,
        signal,
        () => HEARTBEAT_TIMEOUT_MS,
        () => new Error(`no answer within ${HEARTBEAT_TIMEOUT_MS / 1_000} s`),
        (guard) => client.raw('/version', { signal: guard.signal }),
      );
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return undefined;
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Resolves at the next news, or when the signal aborts. */
  async #woken(signal: AbortSignal): Promise<void> {
    await once(this.#bell, 'news', { signal }).catch(() => {});
  }
}

/** An object as the API server sent it. */
function asJson(object: object): JsonObject {
  return object as JsonObject; // parsed JSON: the client's generic types only describe it
}
