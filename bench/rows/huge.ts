/** One endpoint of a very large Service changes: what is written, and how many bytes that takes. */
import { setTimeout as delay } from 'node:timers/promises';
import { describeWrites, markAudit, total } from '../audit.ts';
import { inTurn, withDuel } from '../duel.ts';
import { type Figure, figure } from '../figures.ts';
import type { Lab } from '../lab.ts';
import { startMeter } from '../meter.ts';
import { PRODUCT_AGENT, RELAY_AGENT } from '../names.ts';
import type { Say, Scale } from '../scale.ts';
import { median } from '../statistics.ts';

const LOAD = { namespace: 'huge', services: 1, slicesPerService: 100, endpoints: 100, headless: false };
const ROW = '10,000-endpoint Service, one endpoint changes';
/** After a change has arrived, for what may follow it. */
const AFTERMATH_MS = 100;

/** A meter between both lanes and the consumer counts what they send. The median leaves out what Leases send at times. */
export async function huge(lab: Lab, { hugeChanges }: Scale, say: Say): Promise<readonly Figure[]> {
  const meter = await startMeter(lab.consumer.plane.server);
  try {
    return await withDuel(lab, LOAD, { consumerServer: meter.server }, async (duel) => {
      const mark = await markAudit(lab.consumer.plane.auditLog);
      const bytes = { ours: [] as number[], relay: [] as number[] };
      let before = meter.sent();
      await inTurn(duel, hugeChanges, async (lane) => {
        await delay(AFTERMATH_MS);
        bytes[lane].push(meter.sent() - before);
        before = meter.sent();
      });
      await duel.controller.settled();
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
