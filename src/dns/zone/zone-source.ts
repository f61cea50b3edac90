/** Keeps a zone equal to the ServiceImports and imported EndpointSlices of one cluster. */
import { MCS_SERVICE_NAME } from '../../api/labels.ts';
import { RESOURCES } from '../../api/resources.ts';
import { isRefusal } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { Reflector } from '../../kube/watch/reflector.ts';
import type { ReflectorState } from '../../kube/watch/sink.ts';
import { Table } from '../../kube/watch/store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { Zone } from './zone.ts';
import { type SlimImport, type SlimSlice, slimImport, slimSlice } from './zone-objects.ts';

/** What a source reads and feeds. */
export interface SourceOptions {
  readonly client: KubeClient;
  readonly zone: Zone;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Milliseconds without an answer of the API server after which what the zone holds is not told any more. */
  readonly staleAfterMs: number;
}

/** How a source stands. */
export interface SourceStatus {
  /** Whether everything has been read once. */
  readonly synced: boolean;
  /** Since when (milliseconds since the epoch) the API server gives no answer; absent while it does. */
  readonly lostSince?: number;
  /** Whether what the zone holds may be told. */
  readonly current: boolean;
}

/** A watch over a dead network looks idle, so the server is asked whether it is there. */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
/** The same while it is not, so that answers come back soon. */
const LOST_HEARTBEAT_MS = 1_000;

/** Feeds a zone. */
export class Source {
  readonly #options: SourceOptions;
  readonly #imports: Table<SlimImport>;
  readonly #slices: Table<SlimSlice>;
  readonly #reflectors: Reflector[] = [];
  readonly #states = new Map<string, ReflectorState>();
  #unanswered: number | undefined;

  constructor(options: SourceOptions) {
    this.#options = options;
    const { zone, logger } = options;
    this.#imports = new Table({
      slim: slimImport,
      changed: (_name, before, after) => zone.importChanged(before, after),
      logger,
    });
    this.#slices = new Table({
      slim: slimSlice,
      changed: (_name, before, after) => zone.sliceChanged(before, after),
      logger,
    });
  }

  get status(): SourceStatus {
    const synced = this.#imports.synced && this.#slices.synced;
    const lostSince = this.#lostSince();
    const { clock, staleAfterMs } = this.#options;
    const stale = lostSince !== undefined && clock.now() - lostSince > staleAfterMs;
    return { synced, ...(lostSince !== undefined && { lostSince }), current: synced && !stale };
  }

  /** Whether what the zone holds may be told. */
  get current(): boolean {
    // Asked for every question: nothing is made here while all is well.
    if (!this.#imports.synced || !this.#slices.synced) return false;
    const lostSince = this.#lostSince();
    return lostSince === undefined || this.#options.clock.now() - lostSince <= this.#options.staleAfterMs;
  }

  /** Resolves when the signal aborts. Faults of the API show in {@link status} and are retried. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#reflect('serviceImports', this.#imports, signal),
      this.#reflect('endpointSlices', this.#slices, signal, MCS_SERVICE_NAME),
      this.#beat(signal),
    ]);
  }

  #lostSince(): number | undefined {
    let first = this.#unanswered;
    for (const state of this.#states.values())
      if (state.phase === 'lost' && (first === undefined || state.since < first)) first = state.since;
    return first;
  }

  async #reflect(
    name: 'serviceImports' | 'endpointSlices',
    sink: Table<SlimImport> | Table<SlimSlice>,
    signal: AbortSignal,
    labelSelector?: string,
  ): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    const reflector = new Reflector({
      client,
      resource: RESOURCES[name],
      sink,
      logger,
      clock,
      random,
      ...(labelSelector !== undefined && { labelSelector }),
      onState: (state) => this.#states.set(name, state),
    });
    this.#reflectors.push(reflector);
    await reflector.run(signal);
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    while (!signal.aborted) {
      const asked = clock.now();
      try {
        await client.raw('/version', { signal: AbortSignal.any([signal, AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS)]) });
        this.#answered();
      } catch (error) {
        if (isRefusal(error)) this.#answered();
        else this.#unanswered ??= asked;
      }
      const lost = this.#unanswered !== undefined;
      await clock.sleep(lost ? LOST_HEARTBEAT_MS : HEARTBEAT_MS, signal).catch(() => {});
    }
  }

  /** An API server that gives an answer again is there for all questions: nobody waits out his own backoff. */
  #answered(): void {
    if (this.#unanswered === undefined) return;
    this.#unanswered = undefined;
    for (const reflector of this.#reflectors) if (reflector.state.phase !== 'watching') reflector.wake();
  }
}
