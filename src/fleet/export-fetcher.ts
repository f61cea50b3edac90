/** Fetches the Service and slices of new exports, since these objects were dropped while streaming. */
import { EventEmitter, once } from 'node:events';
import { SERVICE_NAME } from '../api/labels.ts';
import { type ServiceKey, splitKey } from '../api/meta.ts';
import { RESOURCES } from '../api/resources.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import type { KubeClient, RawObject } from '../kube/client/client.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { MemberCache } from './member-cache.ts';

const RETRY: BackoffLimits = { baseMs: 200, capMs: 30_000, factor: 2 };

export interface ExportFetcherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class ExportFetcher {
  readonly #options: ExportFetcherOptions;
  readonly #keys: ServiceKey[] = [];
  readonly #bell = new EventEmitter();

  constructor(options: ExportFetcherOptions) {
    this.#options = options;
  }

  add(key: ServiceKey): void {
    this.#keys.push(key);
    this.#bell.emit('added');
  }

  /** Fetches added exports into `cache` until the signal aborts. Errors of the API server are logged and retried. */
  async run(client: KubeClient, cache: MemberCache, signal: AbortSignal): Promise<void> {
    const fetches = new Set<Promise<void>>();
    while (!signal.aborted) {
      for (const key of this.#keys.splice(0)) {
        const fetch = this.#fetch(key, client, cache, signal).finally(() => fetches.delete(fetch));
        fetches.add(fetch);
      }
      await once(this.#bell, 'added', { signal }).catch(() => {});
    }
    await Promise.all(fetches);
  }

  async #fetch(key: ServiceKey, client: KubeClient, cache: MemberCache, signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const { namespace, name } = splitKey(key);
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted && cache.awaits(key)) {
      try {
        await Promise.all([
          cache.services.fetch(async () => {
            try {
              return [await client.get<RawObject>(RESOURCES.services, { namespace, name }, { signal })];
            } catch (error) {
              if (isAbsent(error)) return [];
              throw error;
            }
          }),
          cache.slices.fetch(async () => {
            const labelSelector = `${SERVICE_NAME}=${name}`;
            const { items } = await client.list(RESOURCES.endpointSlices, { namespace, labelSelector, signal });
            return items;
          }),
        ]);
        cache.fetched(key);
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ service: key, err: error }, 'could not read endpoints of a new export, retrying');
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }
}
