/** Restart of a controller whose clusters are in sync. */
import { openArrivals } from '../harness/arrivals.ts';
import { describeWrites, markAudit, total } from '../harness/audit.ts';
import { timeToList } from '../harness/baseline.ts';
import { startController } from '../harness/controller.ts';
import { PRODUCT_AGENT } from '../harness/names.ts';
import { createNamespace, createSources, removeNamespace, type Shape } from '../harness/sources.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { bulk, type Log, type Scale } from './scale.ts';

const PATIENCE_MS = 180_000;

/** Alternates graceful stops and kills. Reports the worst round. The baseline only lists the same objects. */
export async function restart(testBed: TestBed, scale: Scale, log: Log): Promise<readonly Figure[]> {
  const shape = bulk('restart', scale);
  const sides = [testBed.source, testBed.consumer];
  const worst = { readyMs: 0, settledMs: 0, writes: 0, listMs: 0 };
  await bringInSync(testBed, shape, log);
  for (let round = 0; round < scale.restartRounds; round++) {
    const marks = await Promise.all(sides.map(({ plane }) => markAudit(plane.auditLog)));
    const controller = await startController(testBed);
    try {
      const settledMs = await controller.settled();
      const counts = await Promise.all(marks.map((mark) => mark.writesOf(PRODUCT_AGENT)));
      const listMs = await timeToList(testBed);
      const times = `ready ${seconds(controller.readyMs)}, settled ${seconds(settledMs)}, bare LIST ${seconds(listMs)}`;
      log(`round ${round + 1} of ${scale.restartRounds}: ${times}; writes: ${counts.map(describeWrites).join('; ')}`);
      worst.readyMs = Math.max(worst.readyMs, controller.readyMs);
      worst.settledMs = Math.max(worst.settledMs, settledMs);
      worst.writes = Math.max(
        worst.writes,
        counts.map(total).reduce((a, b) => a + b),
      );
      worst.listMs = Math.max(worst.listMs, listMs);
    } finally {
      await controller.stop(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    }
  }
  await Promise.all(sides.map(({ api }) => removeNamespace(api, shape.namespace)));
  const row = `restart with ${(shape.services * shape.slicesPerService).toLocaleString('en')} slices in sync`;
  return [
    figure({
      row: `${row}: ready`,
      unit: 's',
      target: { atMost: 10 },
      catamaran: worst.readyMs / 1_000,
      baseline: worst.listMs / 1_000,
      note: `queue empty after ${seconds(worst.settledMs)}; the baseline is a bare LIST of the same objects`,
    }),
    figure({ row: `${row}: writes`, unit: 'writes', target: { atMost: 0 }, catamaran: worst.writes, baseline: null }),
  ];
}

async function bringInSync(testBed: TestBed, shape: Shape, log: Log): Promise<void> {
  const { namespace, services, slicesPerService } = shape;
  for (const { api } of [testBed.source, testBed.consumer]) await createNamespace(api, namespace);
  await createSources(testBed.source.api, shape, testBed.signal);
  const arrivals = await openArrivals(testBed.consumer.api);
  const controller = await startController(testBed);
  try {
    await arrivals.count(namespace, services * slicesPerService, PATIENCE_MS);
    await controller.settled();
    log(`${services * slicesPerService} slices are in sync`);
  } finally {
    await controller.stop('SIGTERM');
    await arrivals.close();
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
