/** Two lanes from one source to one consumer, ours and the bare relay's, with the same load and at the same time. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Arrivals, openArrivals } from './arrivals.ts';
import { type Relay, withRelay } from './baseline.ts';
import { type Controller, type ControllerOptions, withController } from './controller.ts';
import { change, createNamespace, createSources, removeNamespace, type Shape } from './sources.ts';
import type { TestBed } from './test-bed.ts';

/** Time for slices to be there at the beginning, and for a change to arrive, in ms. */
const START_PATIENCE_MS = 60_000;
const CHANGE_PATIENCE_MS = 15_000;

/** One way from source to consumer. */
export interface Lane {
  /** Process that carries the changes. */
  readonly pid: number;
  readonly shape: Shape;
  /**
   * Changes one slice at the source. Resolves with the ms from before that write until the consumer's watch showed it;
   * undefined where it never did.
   */
  change(slice: number): Promise<number | undefined>;
}

/** Both lanes, running. */
export interface Comparison {
  readonly ours: Lane;
  readonly relay: Lane;
  readonly controller: Controller;
}

/** Sets both lanes up in namespaces of their own, runs `work` once all slices are there, and removes everything. */
export async function withComparison<T>(
  testBed: TestBed,
  load: Omit<Shape, 'exported'>,
  options: ControllerOptions,
  work: (comparison: Comparison) => Promise<T>,
): Promise<T> {
  const ours = { ...load, exported: true };
  const bare = { ...load, namespace: `${load.namespace}-relay`, exported: false };
  const apis = [testBed.source.api, testBed.consumer.api];
  const pairs = [ours, bare].flatMap(({ namespace }) => apis.map((api) => ({ api, namespace })));
  await Promise.all(pairs.map(({ api, namespace }) => createNamespace(api, namespace)));
  await Promise.all([ours, bare].map((shape) => createSources(testBed.source.api, shape, testBed.signal)));
  const arrivals = await openArrivals(testBed.consumer.api);
  const slices = load.services * load.slicesPerService;
  try {
    return await withController(testBed, options, (controller) => {
      const way = { from: bare.namespace, to: bare.namespace, consumerServer: options.consumerServer };
      return withRelay(testBed, way, async (relay) => {
        for (const { namespace } of [ours, bare]) await arrivals.count(namespace, slices, START_PATIENCE_MS);
        await controller.settled();
        const lane = (shape: Shape, pid: number): Lane => laneOf(testBed, arrivals, relay, shape, pid);
        return await work({ ours: lane(ours, controller.pid), relay: lane(bare, relay.pid), controller });
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

/** Changes one slice of each lane in turn, `count` times: ours first, then the relay first, and so on. */
export async function alternate(
  { ours, relay }: Comparison,
  count: number,
  take: (lane: 'ours' | 'relay', latency: number) => Promise<void> | void,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const order = i % 2 === 0 ? (['ours', 'relay'] as const) : (['relay', 'ours'] as const);
    for (const name of order) {
      const { change: write, shape } = name === 'ours' ? ours : relay;
      const latency = await write(i % (shape.services * shape.slicesPerService));
      if (latency === undefined) throw new Error(`a change in ${shape.namespace} never arrived`);
      await take(name, latency);
      // What a change leaves behind is done before the next, and no rhythm of the machine is met twice.
      await delay(5 + Math.random() * 10);
    }
  }
}
