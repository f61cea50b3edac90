/** A consumer that is empty, and a fleet that exports a lot. */
import { type Arrivals, openArrivals } from '../harness/arrivals.ts';
import { startRelay } from '../harness/baseline.ts';
import { withController } from '../harness/controller.ts';
import { createNamespace, createSources, removeNamespace, type Shape } from '../harness/sources.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import { bulk, type Say, type Scale } from './scale.ts';

const PATIENCE_MS = 180_000;

/**
 * Both have listed the source and wait, ours for the consumer's namespace, the relay for a word; never both at once. Ours
 * makes a ServiceImport and a derived Service for each Service as well.
 */
export async function fill(testBed: TestBed, scale: Scale, say: Say): Promise<readonly Figure[]> {
  const shape = bulk('fill', scale);
  const slices = shape.services * shape.slicesPerService;
  await createNamespace(testBed.source.api, shape.namespace);
  await createSources(testBed.source.api, shape, testBed.signal);
  const arrivals = await openArrivals(testBed.consumer.api);
  const times = { ours: [] as number[], relay: [] as number[] };
  try {
    for (let round = 0; round < scale.fillRounds; round++) {
      for (const lane of round % 2 === 0 ? (['ours', 'relay'] as const) : (['relay', 'ours'] as const)) {
        const ms =
          lane === 'ours' ? await fillOurs(testBed, shape, arrivals) : await fillRelay(testBed, shape, arrivals);
        times[lane].push(ms / 1_000);
        say(`round ${round + 1} of ${scale.fillRounds}, ${lane}: ${slices} slices in ${(ms / 1_000).toFixed(2)} s`);
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
      ours: median(times.ours),
      baseline: median(times.relay),
      note: `ours makes ${shape.services.toLocaleString('en')} ServiceImports and derived Services as well`,
    }),
  ];
}

async function fillOurs(testBed: TestBed, shape: Shape, arrivals: Arrivals): Promise<number> {
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

async function fillRelay(testBed: TestBed, shape: Shape, arrivals: Arrivals): Promise<number> {
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
