/** A controller that comes back to clusters that are as they should be. */
import { openArrivals } from '../arrivals.ts';
import { describeWrites, markAudit, total } from '../audit.ts';
import { timeToList } from '../baseline.ts';
import { startController } from '../controller.ts';
import { type Figure, figure } from '../figures.ts';
import type { Lab } from '../lab.ts';
import { PRODUCT_AGENT } from '../names.ts';
import { bulk, type Say, type Scale } from '../scale.ts';
import { createNamespace, createSources, removeNamespace, type Shape } from '../sources.ts';

const PATIENCE_MS = 180_000;

/** Stopped in order and killed by turns. The worst round counts. The baseline only lists the same objects. */
export async function restart(lab: Lab, scale: Scale, say: Say): Promise<readonly Figure[]> {
  const shape = bulk('restart', scale);
  const sides = [lab.source, lab.consumer];
  const worst = { readyMs: 0, settledMs: 0, writes: 0, listMs: 0 };
  await bringInSync(lab, shape, say);
  for (let round = 0; round < scale.restartRounds; round++) {
    const marks = await Promise.all(sides.map(({ plane }) => markAudit(plane.auditLog)));
    const controller = await startController(lab);
    try {
      const settledMs = await controller.settled();
      const counts = await Promise.all(marks.map((mark) => mark.writesOf(PRODUCT_AGENT)));
      const listMs = await timeToList(lab);
      const times = `ready ${seconds(controller.readyMs)}, settled ${seconds(settledMs)}, bare LIST ${seconds(listMs)}`;
      say(`round ${round + 1} of ${scale.restartRounds}: ${times}; writes: ${counts.map(describeWrites).join('; ')}`);
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
      ours: worst.readyMs / 1_000,
      baseline: worst.listMs / 1_000,
      note: `nothing left to look at after ${seconds(worst.settledMs)}; the baseline is a bare LIST of the same objects`,
    }),
    figure({ row: `${row}: writes`, unit: 'writes', target: { atMost: 0 }, ours: worst.writes, baseline: null }),
  ];
}

async function bringInSync(lab: Lab, shape: Shape, say: Say): Promise<void> {
  const { namespace, services, slicesPerService } = shape;
  for (const { api } of [lab.source, lab.consumer]) await createNamespace(api, namespace);
  await createSources(lab.source.api, shape, lab.signal);
  const arrivals = await openArrivals(lab.consumer.api);
  const controller = await startController(lab);
  try {
    await arrivals.count(namespace, services * slicesPerService, PATIENCE_MS);
    await controller.settled();
    say(`${services * slicesPerService} slices are in sync`);
  } finally {
    await controller.stop('SIGTERM');
    await arrivals.close();
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
