/** When changes arrive: one watch over all EndpointSlices of the consumer's API server, for us and for the relay. */
import { RESOURCES } from '../src/api/resources.ts';
import { isJsonObject } from '../src/kube/json.ts';
import { pathOf } from '../src/kube/paths.ts';
import type { Api, Change } from './api.ts';
import { readAddresses } from './sources.ts';

interface Expected {
  readonly serial: number;
  readonly arrived: (at: number) => void;
}

/** A watch that knows what it waits for. */
export interface Arrivals {
  /**
   * Resolves with the time (performance.now) at which a slice of a namespace shows a serial number, or a later one: a
   * newer change may be written in place of two. Undefined where that did not happen within `patienceMs`.
   */
  expect(namespace: string, slice: number, serial: number, patienceMs: number): Promise<number | undefined>;
  /** Resolves with the time at which a namespace has had `count` slices; rejects after `patienceMs`. */
  count(namespace: string, count: number, patienceMs: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens the watch. `failed` is told if it ends by itself. */
export async function openArrivals(consumer: Api, failed: (error: unknown) => void): Promise<Arrivals> {
  const path = pathOf(RESOURCES.endpointSlices, {});
  const expected = new Map<string, Expected[]>();
  const present = new Map<string, Set<string>>();
  let counting:
    | { readonly namespace: string; readonly count: number; readonly reached: (at: number) => void }
    | undefined;

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
  const watching = consumer.watch(path, version, note, stop.signal).catch(failed);

  return {
    expect(namespace, slice, serial, patienceMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), patienceMs);
        const arrived = (at: number): void => {
          clearTimeout(timer);
          resolve(at);
        };
        const key = `${namespace}/${slice}`;
        const waiting = expected.get(key);
        if (waiting) waiting.push({ serial, arrived });
        else expected.set(key, [{ serial, arrived }]);
      });
    },
    count(namespace, count, patienceMs) {
      if ((present.get(namespace)?.size ?? 0) >= count) return Promise.resolve(performance.now());
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const size = present.get(namespace)?.size ?? 0;
          reject(new Error(`${size} of ${count} slices in ${namespace} after ${patienceMs / 1000} s`));
        }, patienceMs);
        const reached = (at: number): void => {
          clearTimeout(timer);
          counting = undefined;
          resolve(at);
        };
        counting = { namespace, count, reached };
      });
    },
    async close() {
      stop.abort();
      await watching;
    },
  };
}

function firstAddress(endpoint: unknown): string | undefined {
  if (typeof endpoint !== 'object' || endpoint === null || !('addresses' in endpoint)) return undefined;
  const address: unknown = Array.isArray(endpoint.addresses) ? endpoint.addresses[0] : undefined;
  return typeof address === 'string' ? address : undefined;
}
