/** Fetches the Service and slices of new exports, since these objects were dropped while streaming. */
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { SERVICE_NAME } from '../api/labels.ts';
import { type ServiceKey, splitKey } from '../api/meta.ts';
import { RESOURCES } from '../api/resources.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import type { KubeClient, RawObject } from '../kube/client/client.ts';
import type { Store } from '../kube/watch/store.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { MemberCache } from './member-cache.ts';

const RETRY: BackoffLimits = { baseMs: 200, capMs: 30_000, factor: 2 };
/** Exports that are fetched at the same time, with two requests each; they share the connections with writes. */
const AT_ONCE = 8;
/** If more exports wait, everything is listed once instead: a LIST costs less than two requests for each. */
const LIST_ABOVE = 200;

export interface ExportFetcherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class ExportFetcher {
  readonly #options: ExportFetcherOptions;
  /** Exports that wait, first come, first served. */
  readonly #waiting = new Set<ServiceKey>();
  readonly #bell = new EventEmitter();

  constructor(options: ExportFetcherOptions) {
    this.#options = options;
  }

  add(key: ServiceKey): void {
    this.#waiting.add(key);
    this.#bell.emit('added');
  }

  /** Fetches added exports into `cache` until the signal aborts. Errors of the API server are logged and retried. */
  async run(client: KubeClient, cache: MemberCache, signal: AbortSignal): Promise<void> {
    const fetches = new Set<Promise<void>>();
    while (!signal.aborted) {
      if (this.#waiting.size > LIST_ABOVE) {
        await this.#fetchAll(client, cache, signal);
        continue;
      }
      const key = fetches.size < AT_ONCE ? this.#next() : undefined;
      if (key !== undefined) {
        const fetch = this.#fetch(key, client, cache, signal).finally(() => fetches.delete(fetch));
        fetches.add(fetch);
        continue;
      }
      if (fetches.size < AT_ONCE) await once(this.#bell, 'added', { signal }).catch(() => {});
      else await Promise.race(fetches);
    }
    await Promise.all(fetches);
  }

  #next(): ServiceKey | undefined {
    const [key] = this.#waiting;
    if (key !== undefined) this.#waiting.delete(key);
    return key;
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

  /** Lists all Services and slices, for the exports that wait now. */
  async #fetchAll(client: KubeClient, cache: MemberCache, signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const keys = [...this.#waiting];
    this.#waiting.clear();
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted) {
      try {
        await list(client, 'services', cache.services, signal);
        await list(client, 'endpointSlices', cache.slices, signal);
        for (const [index, key] of keys.entries()) {
          cache.fetched(key);
          if (index % AT_ONCE === AT_ONCE - 1) await turn();
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ exports: keys.length, err: error }, 'could not list endpoints of new exports, retrying');
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }
}

/** Enters all objects of a resource that the store keeps, page by page. */
function list(
  client: KubeClient,
  resource: 'services' | 'endpointSlices',
  store: Pick<Store<unknown>, 'fetch'>,
  signal: AbortSignal,
): Promise<void> {
  // One fetch around those of the pages: a page may have objects that the watch removed while an earlier one was read.
  return store.fetch(async () => {
    for await (const { items } of client.pages(RESOURCES[resource], { signal })) await store.fetch(async () => items);
    return [];
  });
}
