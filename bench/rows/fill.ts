/** Time to fill an empty consumer. */
import { type Arrivals, openArrivals } from '../harness/arrivals.ts';
import { startRelay } from '../harness/baseline.ts';
import { withController } from '../harness/controller.ts';
import { createNamespace, createSources, removeNamespace, type Shape } from '../harness/sources.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import { bulk, type Log, type Scale } from './scale.ts';

const PATIENCE_MS = 180_000;

/**
 * Starts with the source listed: the controller waits for the namespace in the consumer, the relay for `go`. They never
 * run at the same time. The controller also creates a ServiceImport and a derived Service per Service.
 */
export async function fill(testBed: TestBed, scale: Scale, log: Log): Promise<readonly Figure[]> {
  const shape = bulk('fill', scale);
  const slices = shape.services * shape.slicesPerService;
  await createNamespace(testBed.source.api, shape.namespace);
  await createSources(testBed.source.api, shape, testBed.signal);
  const arrivals = await openArrivals(testBed.consumer.api);
  const times = { catamaran: [] as number[], relay: [] as number[] };
  try {
    for (let round = 0; round < scale.fillRounds; round++) {
      for (const lane of round % 2 === 0 ? (['catamaran', 'relay'] as const) : (['relay', 'catamaran'] as const)) {
        const ms =
          lane === 'catamaran'
            ? await fillByController(testBed, shape, arrivals)
            : await fillByRelay(testBed, shape, arrivals);
        times[lane].push(ms / 1_000);
        log(`round ${round + 1} of ${scale.fillRounds}, ${lane}: ${slices} slices in ${(ms / 1_000).toFixed(2)} s`);
      }
    }
  } finally {
    await arrivals.close();
  }
  await removeNamespace(testBed.source.api, shape.namespace);
  return [
    figure({
      row: `fill an empty cluster with ${slices.toLocaleString('en')} slices`,
      unit: 's',
      target: { atMost: 10 },
      catamaran: median(times.catamaran),
      baseline: median(times.relay),
      note: `Catamaran also creates ${shape.services.toLocaleString('en')} ServiceImports and derived Services`,
    }),
  ];
}

async function fillByController(testBed: TestBed, shape: Shape, arrivals: Arrivals): Promise<number> {
  const { namespace, services, slicesPerService } = shape;
  const ms = await withController(testBed, {}, async (controller) => {
    await controller.settled();
    const full = arrivals.count(namespace, services * slicesPerService, PATIENCE_MS);
    const from = performance.now();
    const [at] = await Promise.all([full, createNamespace(testBed.consumer.api, namespace)]);
    await controller.settled();
    return at - from;
  });
  await removeNamespace(testBed.consumer.api, namespace);
  return ms;
}

async function fillByRelay(testBed: TestBed, shape: Shape, arrivals: Arrivals): Promise<number> {
  const to = `${shape.namespace}-relay`;
  await createNamespace(testBed.consumer.api, to);
  const relay = await startRelay(testBed, { from: shape.namespace, to });
  try {
    const full = arrivals.count(to, shape.services * shape.slicesPerService, PATIENCE_MS);
    const from = performance.now();
    relay.go();
    return (await full) - from;
  } finally {
    await relay.stop();
    if (!testBed.signal.aborted) await removeNamespace(testBed.consumer.api, to);
  }
}
