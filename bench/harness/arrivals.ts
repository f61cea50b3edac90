/** Records when changes arrive, with one watch on all EndpointSlices of the consumer for both lanes. */

import { isJsonObject } from '../../src/api/json.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';
import type { Api, Change } from './api.ts';
import { readAddresses } from './sources.ts';

interface Expected {
  readonly serial: number;
  readonly arrived: (at: number) => void;
  readonly failed: (error: Error) => void;
}

interface Counted {
  readonly namespace: string;
  readonly count: number;
  readonly reached: (at: number) => void;
  readonly failed: (error: Error) => void;
}

/** Pending calls reject if the watch fails. */
export interface Arrivals {
  /**
   * Resolves with the time (performance.now) at which a slice has a serial number or a later one, since one write may
   * combine several changes. Undefined if that does not happen within `patienceMs`.
   */
  expect(namespace: string, slice: number, serial: number, patienceMs: number): Promise<number | undefined>;
  /** Resolves with the time at which a namespace has at least `count` slices; rejects after `patienceMs`. */
  count(namespace: string, count: number, patienceMs: number): Promise<number>;
  close(): Promise<void>;
}

export async function openArrivals(consumer: Api): Promise<Arrivals> {
  const path = pathOf(RESOURCES.endpointSlices, {});
  const expected = new Map<string, Expected[]>();
  const present = new Map<string, Set<string>>();
  let counting: Counted | undefined;
  let failure: Error | undefined;

  const note = ({ type, object }: Change): void => {
    const at = performance.now();
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    const namespace = String(metadata.namespace);
    const names = present.get(namespace) ?? new Set();
    present.set(namespace, names);
    if (type === 'DELETED') {
      names.delete(String(metadata.name));
      return;
    }
    names.add(String(metadata.name));
    if (counting?.namespace === namespace && names.size >= counting.count) counting.reached(at);
    if (expected.size > 0) settle(namespace, object, at);
  };

  const settle = (namespace: string, object: Change['object'], at: number): void => {
    const [first, second] = Array.isArray(object.endpoints) ? object.endpoints.map(firstAddress) : [];
    if (first === undefined || second === undefined) return;
    const { serial, slice } = readAddresses(first, second);
    const key = `${namespace}/${slice}`;
    const waiting = expected.get(key);
    if (!waiting) return;
    for (const one of waiting) if (one.serial <= serial) one.arrived(at);
    const left = waiting.filter((one) => one.serial > serial);
    if (left.length > 0) expected.set(key, left);
    else expected.delete(key);
  };

  const stop = new AbortController();
  const { items, version } = await consumer.list(path);
  for (const object of items) note({ type: 'ADDED', object });
  const watching = consumer.watch(path, version, note, stop.signal).catch((error: Error) => {
    failure = error;
    for (const waiting of expected.values()) for (const one of waiting) one.failed(error);
    counting?.failed(error);
  });

  return {
    expect(namespace, slice, serial, patienceMs) {
      if (failure) return Promise.reject(failure);
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const key = `${namespace}/${slice}`;
      const waiting = expected.get(key) ?? [];
      waiting.push({ serial, arrived: resolve, failed: reject });
      expected.set(key, waiting);
      return within(promise, patienceMs, () => resolve(undefined));
    },
    count(namespace, count, patienceMs) {
      if (failure) return Promise.reject(failure);
      const size = (): number => present.get(namespace)?.size ?? 0;
      if (size() >= count) return Promise.resolve(performance.now());
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      counting = { namespace, count, reached: resolve, failed: reject };
      return within(promise, patienceMs, () => {
        reject(new Error(`${size()} of ${count} slices in ${namespace} after ${patienceMs / 1_000} s`));
      });
    },
    async close() {
      stop.abort();
      await watching;
    },
  };
}

/** Calls `late` if a promise does not settle in time. */
async function within<T>(promise: Promise<T>, ms: number, late: () => void): Promise<T> {
  const timer = setTimeout(late, ms);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function firstAddress(endpoint: unknown): string | undefined {
  if (typeof endpoint !== 'object' || endpoint === null || !('addresses' in endpoint)) return undefined;
  const address: unknown = Array.isArray(endpoint.addresses) ? endpoint.addresses[0] : undefined;
  return typeof address === 'string' ? address : undefined;
}
