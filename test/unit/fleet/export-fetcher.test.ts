import { afterEach, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { ExportFetcher } from '../../../src/fleet/export-fetcher.ts';
import { MemberCache } from '../../../src/fleet/member-cache.ts';
import { ApiError } from '../../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { ANY } from '../../support/core/sources.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const KEY = 'ns/web';
const EXPORT = object('ServiceExport', 'web', {});
const SERVICE = object('Service', 'web', { spec: { type: 'ClusterIP', ports: [] } });
const SLICE = {
  ...object('EndpointSlice', 'web-1', { addressType: 'IPv4', endpoints: [], ports: [] }),
  metadata: { namespace: 'ns', name: 'web-1', resourceVersion: '1', labels: { 'kubernetes.io/service-name': 'web' } },
};

function object(kind: string, name: string, fields: JsonObject): JsonObject {
  return { kind, metadata: { namespace: 'ns', name, uid: `${kind}-${name}`, resourceVersion: '1' }, ...fields };
}

function statusError(status: number, about?: string): ApiError {
  const request = { cluster: 'cluster1', verb: 'get', resource: 'services', object: KEY };
  return new ApiError('CTM_API_STATUS', request, 'no', { status, reason: 'NotFound', about });
}

const aborts: AbortController[] = [];
afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});

/** A synced member, whose API server responds to a GET of the Service with `get`. */
async function start(get: (signal?: AbortSignal) => Promise<JsonObject>) {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const requests: string[] = [];
  const client: Partial<KubeClient> = {
    get: (resource, { namespace, name }, { signal } = {}) => {
      requests.push(`get ${resource.plural} ${namespace}/${name}`);
      return get(signal) as Promise<never>; // the tests do not rely on its type
    },
    list: async (resource, { namespace, labelSelector } = {}) => {
      requests.push(`list ${resource.plural} ${namespace} ${labelSelector}`);
      return { items: [SLICE as never], resourceVersion: '9' };
    },
  };
  const fetcher = new ExportFetcher({ clock, random: () => 1, logger });
  const cache = new MemberCache({
    derivedPrefix: 'amcs-',
    addresses: ANY,
    limits: { exportsPerMember: 100, exportsPerNamespace: 100, endpointsPerExport: 10_000, memberBytes: 1_000_000 },
    logger,
    changed: () => {},
    exportAppeared: (key) => fetcher.add(key),
  });
  for (const store of [cache.exports, cache.imports, cache.services, cache.slices, cache.namespaces]) {
    store.listStarted();
    store.listed('0');
  }
  const abort = new AbortController();
  aborts.push(abort);
  const ended = fetcher.run(client as KubeClient, cache, abort.signal); // the fetcher calls nothing else
  await clock.advance(0);
  return { clock, logger, requests, cache, abort, ended };
}

it('fetches the Service and the slices of an export that appeared', async () => {
  const { clock, requests, cache } = await start(async () => SERVICE);
  cache.exports.upserted(EXPORT);
  expect(cache.knows(KEY)).toBe(false);
  await clock.advance(0);
  expect(requests).toEqual(['get services ns/web', 'list endpointslices ns kubernetes.io/service-name=web']);
  expect(cache.knows(KEY)).toBe(true);
  expect(cache.services.get(KEY)).toMatchObject({ metadata: { name: 'web' } });
  expect(cache.sourceSlices(KEY)).toHaveLength(1);
});

it('accepts that the Service does not exist', async () => {
  const { clock, cache, logger } = await start(() => Promise.reject(statusError(404, 'web')));
  cache.exports.upserted(EXPORT);
  await clock.advance(0);
  expect(cache.knows(KEY)).toBe(true);
  expect(cache.services.get(KEY)).toBeUndefined();
  expect(logger.lines).toEqual([]);
});

it('retries after an error, and after a 404 that does not name the Service', async () => {
  const answers = [statusError(500), statusError(404), undefined];
  const { clock, cache, logger } = await start(async () => {
    const error = answers.shift();
    if (error) throw error;
    return SERVICE;
  });
  cache.exports.upserted(EXPORT);
  await clock.advance(199);
  expect([answers.length, logger.lines.length, cache.knows(KEY)]).toEqual([2, 1, false]);
  await clock.advance(400);
  expect([answers.length, logger.lines.length, cache.knows(KEY)]).toEqual([1, 2, false]);
  await clock.advance(1);
  expect([answers.length, logger.lines.length, cache.knows(KEY)]).toEqual([0, 2, true]);
});

it('stops once the export is removed', async () => {
  const { clock, cache, requests } = await start(() => Promise.reject(statusError(500)));
  cache.exports.upserted(EXPORT);
  await clock.advance(100);
  cache.exports.removed(EXPORT);
  const before = requests.length;
  await clock.advance(60_000);
  expect(requests.length).toBe(before);
  expect(clock.sleeping).toBe(0);
});

it('ends with its signal, after its requests have ended', async () => {
  let ends = 0;
  const { clock, cache, abort, ended } = await start(
    (signal) =>
      new Promise((_, reject) => {
        const end = () => {
          ends++;
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', () => setImmediate(end), { once: true });
      }),
  );
  cache.exports.upserted(EXPORT);
  await clock.advance(0);
  abort.abort();
  await ended;
  expect(ends).toBe(1);
  expect(clock.sleeping).toBe(0);
});

/** A synced member with many Services and slices, of which `count` are exported at once. */
async function exportAtOnce(count: number) {
  const names = Array.from({ length: count }, (_, index) => `web-${index}`);
  const requests: string[] = [];
  let running = 0;
  let most = 0;
  const client: Partial<KubeClient> = {
    get: async (resource, { name }) => {
      requests.push(`get ${resource.plural}`);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return object('Service', name, { spec: { type: 'ClusterIP', ports: [] } }) as never; // as the client would
    },
    list: async (resource) => {
      requests.push(`list ${resource.plural}`);
      return { items: [], resourceVersion: '9' };
    },
    async *pages(resource) {
      requests.push(`list all ${resource.plural}`);
      const items = resource.plural === 'services' ? names : [];
      yield {
        items: items.map((name) => object('Service', name, { spec: { ports: [] } })),
        resourceVersion: '9',
        bytes: 1_000,
      };
    },
  };
  const fetcher = new ExportFetcher({ clock: new ManualClock(), random: () => 1, logger: new MemoryLogger() });
  const cache = new MemberCache({
    derivedPrefix: 'amcs-',
    addresses: ANY,
    limits: { exportsPerMember: 100, exportsPerNamespace: 100, endpointsPerExport: 10_000, memberBytes: 1_000_000 },
    logger: new MemoryLogger(),
    changed: () => {},
    exportAppeared: (key) => fetcher.add(key),
  });
  for (const store of [cache.exports, cache.imports, cache.services, cache.slices, cache.namespaces]) {
    store.listStarted();
    store.listed('0');
  }
  const abort = new AbortController();
  aborts.push(abort);
  void fetcher.run(client as KubeClient, cache, abort.signal); // the fetcher calls nothing else
  for (const name of names) cache.exports.upserted(object('ServiceExport', name, {}));
  await expect.poll(() => names.every((name) => cache.knows(`ns/${name}`))).toBe(true);
  expect(names.every((name) => cache.services.get(`ns/${name}`))).toBe(true);
  return { requests, most };
}

it('fetches a few exports at a time, so that writes and other requests have connections', async () => {
  const { requests, most } = await exportAtOnce(200);
  expect(requests.filter((request) => request === 'get services')).toHaveLength(200);
  expect(most).toBe(8);
});

it('lists everything once if many exports appear at once', async () => {
  const { requests } = await exportAtOnce(5_000);
  expect(requests.filter((request) => request.startsWith('list all'))).toHaveLength(2);
  expect(requests.length).toBeLessThan(30);
});
