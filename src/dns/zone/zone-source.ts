/** Keeps a zone in sync with the ServiceImports and imported EndpointSlices of one cluster. */
import { MCS_SERVICE_NAME } from '../../api/labels.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { mcsReader } from '../../kube/mcs/mcs-client.ts';
import { type Heartbeat, Informers, type InformersState } from '../../kube/watch/informers.ts';
import { Store } from '../../kube/watch/store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { Zone } from './zone.ts';
import { zoneImportOf, zoneSliceOf } from './zone-objects.ts';

export interface ZoneSourceOptions {
  readonly client: KubeClient;
  readonly zone: Zone;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Milliseconds without a response from the API server after which the zone is no longer served. */
  readonly staleAfterMs: number;
}

export interface ZoneSourceStatus {
  /** Whether the initial lists are complete. */
  readonly synced: boolean;
  /** When the API server stopped responding, in ms since the epoch; absent while it responds. */
  readonly lostSince?: number;
  /** Whether the zone may be served: synced and not stale. */
  readonly current: boolean;
}

const HEARTBEAT: Heartbeat = { intervalMs: 10_000, lostIntervalMs: 1_000, timeoutMs: 5_000 };

export class ZoneSource {
  readonly #options: ZoneSourceOptions;
  readonly #informers: Informers;

  constructor(options: ZoneSourceOptions) {
    this.#options = options;
    const { zone, clock, random, logger } = options;
    const imports = new Store({
      slim: zoneImportOf,
      changed: (_name, before, after) => zone.importChanged(before, after),
      logger,
    });
    const slices = new Store({
      slim: zoneSliceOf,
      changed: (_name, before, after) => zone.sliceChanged(before, after),
      logger,
    });
    this.#informers = new Informers({
      client: mcsReader(options.client),
      stages: [
        [
          { resource: 'serviceImports', sink: imports },
          { resource: 'endpointSlices', sink: slices, labelSelector: MCS_SERVICE_NAME },
        ],
      ],
      heartbeat: HEARTBEAT,
      clock,
      random,
      logger,
    });
  }

  get status(): ZoneSourceStatus {
    const { state } = this.#informers;
    const synced = state.phase !== 'starting';
    const lostSince = sinceOf(state);
    return { synced, ...(lostSince !== undefined && { lostSince }), current: this.current };
  }

  /** As {@link ZoneSourceStatus.current}; cheap enough for every query. */
  get current(): boolean {
    const { state } = this.#informers;
    if (state.phase !== 'lost') return state.phase === 'watching';
    return this.#options.clock.now() - state.since <= this.#options.staleAfterMs;
  }

  /** Resolves when the signal aborts. Errors of the API server are retried, and visible in {@link status}. */
  run(signal: AbortSignal): Promise<void> {
    return this.#informers.run(signal);
  }
}

function sinceOf(state: InformersState): number | undefined {
  if (state.phase === 'lost') return state.since;
  return state.phase === 'starting' ? state.lostSince : undefined;
}
