/** One endpoint of a very large Service changes: what is written, and how many bytes that takes. */
import { setTimeout as delay } from 'node:timers/promises';
import { describeWrites, markAudit, total } from '../harness/audit.ts';
import { startByteMeter } from '../harness/byte-meter.ts';
import { alternate, withComparison } from '../harness/comparison.ts';
import { PRODUCT_AGENT, RELAY_AGENT } from '../harness/names.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import type { Say, Scale } from './scale.ts';

const LOAD = { namespace: 'huge', services: 1, slicesPerService: 100, endpoints: 100, headless: false };
const ROW = '10,000-endpoint Service, one endpoint changes';
/** After a change has arrived, for what may follow it. */
const AFTERMATH_MS = 100;

/** A meter between both lanes and the consumer counts what they send. The median leaves out what Leases send at times. */
export async function huge(testBed: TestBed, { hugeChanges }: Scale, say: Say): Promise<readonly Figure[]> {
  const meter = await startByteMeter(testBed.consumer.plane.server);
  try {
    return await withComparison(testBed, LOAD, { consumerServer: meter.server }, async (comparison) => {
      const mark = await markAudit(testBed.consumer.plane.auditLog);
      const bytes = { ours: [] as number[], relay: [] as number[] };
      let before = meter.sent();
      await alternate(comparison, hugeChanges, async (lane) => {
        await delay(AFTERMATH_MS);
        bytes[lane].push(meter.sent() - before);
        before = meter.sent();
      });
      await comparison.controller.settled();
      const [ours, relay] = await Promise.all([mark.writesOf(PRODUCT_AGENT), mark.writesOf(RELAY_AGENT)]);
      say(`${hugeChanges} changes; writes of ours: ${describeWrites(ours)}`);
      return [
        figure({
          row: `${ROW}: slices written`,
          unit: 'writes',
          target: { atMost: 1 },
          ours: total(ours) / hugeChanges,
          baseline: total(relay) / hugeChanges,
        }),
        figure({
          row: `${ROW}: bytes sent`,
          unit: 'KB',
          target: { atMost: 20 },
          ours: median(bytes.ours) / 1_000,
          baseline: median(bytes.relay) / 1_000,
          note: 'TLS and HTTP headers included',
        }),
      ];
    });
  } finally {
    await meter.close();
  }
}
