/**
 * Two lanes from one source to one consumer, the controller and the bare relay, under the same load at the same time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Arrivals, openArrivals } from './arrivals.ts';
import { type Relay, withRelay } from './baseline.ts';
import { type Controller, type ControllerOptions, withController } from './controller.ts';
import { change, createNamespace, createSources, removeNamespace, type Shape } from './sources.ts';
import type { TestBed } from './test-bed.ts';

/** Timeouts for the initial slices and for a change, in ms. */
const START_PATIENCE_MS = 60_000;
const CHANGE_PATIENCE_MS = 15_000;

/** A path from source to consumer. */
export interface Lane {
  /** Process that propagates the changes. */
  readonly pid: number;
  readonly shape: Shape;
  /**
   * Changes one slice at the source. Resolves with the ms from before the write until the consumer's watch event;
   * undefined on timeout.
   */
  change(slice: number): Promise<number | undefined>;
}

export interface Comparison {
  readonly catamaran: Lane;
  readonly relay: Lane;
  readonly controller: Controller;
}

/** Sets up both lanes in separate namespaces, runs `work` once all slices have arrived, and cleans up. */
export async function withComparison<T>(
  testBed: TestBed,
  load: Omit<Shape, 'exported'>,
  options: ControllerOptions,
  work: (comparison: Comparison) => Promise<T>,
): Promise<T> {
  const catamaran = { ...load, exported: true };
  const bare = { ...load, namespace: `${load.namespace}-relay`, exported: false };
  const apis = [testBed.source.api, testBed.consumer.api];
  const pairs = [catamaran, bare].flatMap(({ namespace }) => apis.map((api) => ({ api, namespace })));
  await Promise.all(pairs.map(({ api, namespace }) => createNamespace(api, namespace)));
  await Promise.all([catamaran, bare].map((shape) => createSources(testBed.source.api, shape, testBed.signal)));
  const arrivals = await openArrivals(testBed.consumer.api);
  const slices = load.services * load.slicesPerService;
  try {
    return await withController(testBed, options, (controller) => {
      const route = { from: bare.namespace, to: bare.namespace, consumerServer: options.consumerServer };
      return withRelay(testBed, route, async (relay) => {
        for (const { namespace } of [catamaran, bare]) await arrivals.count(namespace, slices, START_PATIENCE_MS);
        await controller.settled();
        const lane = (shape: Shape, pid: number): Lane => laneOf(testBed, arrivals, relay, shape, pid);
        return await work({ catamaran: lane(catamaran, controller.pid), relay: lane(bare, relay.pid), controller });
      });
    });
  } finally {
    await arrivals.close();
    if (!testBed.signal.aborted) await Promise.all(pairs.map(({ api, namespace }) => removeNamespace(api, namespace)));
  }
}

function laneOf(testBed: TestBed, arrivals: Arrivals, relay: Relay, shape: Shape, pid: number): Lane {
  let serial = 0;
  return {
    pid,
    shape,
    async change(slice) {
      testBed.signal.throwIfAborted();
      relay.check();
      serial += 1;
      const arrival = arrivals.expect(shape.namespace, slice, serial, CHANGE_PATIENCE_MS);
      const from = performance.now();
      const [at] = await Promise.all([arrival, change(testBed.source.api, shape, slice, serial)]);
      return at === undefined ? undefined : at - from;
    },
  };
}

/** Changes one slice of each lane, `count` times; the lane that goes first alternates. */
export async function alternate(
  { catamaran, relay }: Comparison,
  count: number,
  take: (lane: 'catamaran' | 'relay', latency: number) => Promise<void> | void,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const order = i % 2 === 0 ? (['catamaran', 'relay'] as const) : (['relay', 'catamaran'] as const);
    for (const name of order) {
      const { change: write, shape } = name === 'catamaran' ? catamaran : relay;
      const latency = await write(i % (shape.services * shape.slicesPerService));
      if (latency === undefined) throw new Error(`timeout: a change in ${shape.namespace} did not arrive`);
      await take(name, latency);
      // Lets follow-up work finish, and avoids resonance with periodic load.
      await delay(5 + Math.random() * 10);
    }
  }
}
