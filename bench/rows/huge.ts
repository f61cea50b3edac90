/** Writes and bytes sent for a change of one endpoint in a very large Service. */
import { setTimeout as delay } from 'node:timers/promises';
import { describeWrites, markAudit, total } from '../harness/audit.ts';
import { startByteMeter } from '../harness/byte-meter.ts';
import { alternate, withComparison } from '../harness/comparison.ts';
import { PRODUCT_AGENT, RELAY_AGENT } from '../harness/names.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

const LOAD = { namespace: 'huge', services: 1, slicesPerService: 100, endpoints: 100, headless: false };
const ROW = '10,000-endpoint Service, one endpoint changes';
/** Wait after a change has arrived, for follow-up writes. */
const AFTERMATH_MS = 100;

/** Counts the bytes that both lanes send to the consumer. The median excludes occasional Lease renewals. */
export async function huge(testBed: TestBed, { hugeChanges }: Scale, log: Log): Promise<readonly Figure[]> {
  const meter = await startByteMeter(testBed.consumer.plane.server);
  try {
    return await withComparison(testBed, LOAD, { consumerServer: meter.server }, async (comparison) => {
      const mark = await markAudit(testBed.consumer.plane.auditLog);
      const bytes = { catamaran: [] as number[], relay: [] as number[] };
      let before = meter.sent();
      await alternate(comparison, hugeChanges, async (lane) => {
        await delay(AFTERMATH_MS);
        bytes[lane].push(meter.sent() - before);
        before = meter.sent();
      });
      await comparison.controller.settled();
      const [catamaran, relay] = await Promise.all([mark.writesOf(PRODUCT_AGENT), mark.writesOf(RELAY_AGENT)]);
      log(`${hugeChanges} changes; writes by Catamaran: ${describeWrites(catamaran)}`);
      return [
        figure({
          row: `${ROW}: slices written`,
          unit: 'writes',
          target: { atMost: 1 },
          catamaran: total(catamaran) / hugeChanges,
          baseline: total(relay) / hugeChanges,
        }),
        figure({
          row: `${ROW}: bytes sent`,
          unit: 'KB',
          target: { atMost: 20 },
          catamaran: median(bytes.catamaran) / 1_000,
          baseline: median(bytes.relay) / 1_000,
          note: 'TLS and HTTP headers included',
        }),
      ];
    });
  } finally {
    await meter.close();
  }
}
