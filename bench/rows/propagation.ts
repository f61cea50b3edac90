/** Time from a write at the source to the watch event at the consumer. */
import { alternate, withComparison } from '../harness/comparison.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { quantile } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

const LOAD = { services: 1, slicesPerService: 1, endpoints: 10, headless: false };
/** Discarded, since code is not compiled yet. */
const WARM_UP = 100;

/**
 * With one consumer, as for the relay; then with the source cluster importing, too, which is the default of a fleet.
 */
export async function propagation(testBed: TestBed, scale: Scale, log: Log): Promise<readonly Figure[]> {
  return [...(await measure(testBed, scale, log, false)), ...(await measure(testBed, scale, log, true))];
}

async function measure(
  testBed: TestBed,
  { samples }: Scale,
  log: Log,
  everywhere: boolean,
): Promise<readonly Figure[]> {
  const load = { ...LOAD, namespace: everywhere ? 'propagation-everywhere' : 'propagation' };
  const latencies = await withComparison(testBed, load, { everywhere }, async (comparison) => {
    await alternate(comparison, WARM_UP, () => {});
    const taken = { catamaran: [] as number[], relay: [] as number[] };
    await alternate(comparison, samples, (lane, latency) => {
      taken[lane].push(latency);
      const { length } = taken[lane];
      if (lane === 'catamaran' && length % 500 === 0) log(`${length} of ${samples} changes on each lane`);
    });
    return taken;
  });
  const suffix = everywhere ? ', source cluster also imports' : '';
  return ([0.5, 0.99] as const).map((q) =>
    figure({
      row: `source write -> consumer watch event, 10-endpoint slice${suffix}: p${q * 100}`,
      unit: 'ms',
      target: { timesBaseline: q === 0.5 ? 1.5 : 2 },
      catamaran: quantile(latencies.catamaran, q),
      baseline: quantile(latencies.relay, q),
    }),
  );
}
