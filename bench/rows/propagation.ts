/** How long a change takes from the source's API server to a watcher of the consumer's. */
import { alternate, withComparison } from '../harness/comparison.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { quantile } from '../report/statistics.ts';
import type { Say, Scale } from './scale.ts';

const LOAD = { services: 1, slicesPerService: 1, endpoints: 10, headless: false };
/** Left out: what code costs before it is compiled. */
const WARM_UP = 100;

/** One consumer, as the relay has; then with the source's cluster importing too, which is the default of a fleet. */
export async function propagation(testBed: TestBed, scale: Scale, say: Say): Promise<readonly Figure[]> {
  return [...(await measure(testBed, scale, say, false)), ...(await measure(testBed, scale, say, true))];
}

async function measure(
  testBed: TestBed,
  { samples }: Scale,
  say: Say,
  everywhere: boolean,
): Promise<readonly Figure[]> {
  const load = { ...LOAD, namespace: everywhere ? 'propagation-everywhere' : 'propagation' };
  const latencies = await withComparison(testBed, load, { everywhere }, async (comparison) => {
    await alternate(comparison, WARM_UP, () => {});
    const taken = { ours: [] as number[], relay: [] as number[] };
    await alternate(comparison, samples, (lane, latency) => {
      taken[lane].push(latency);
      const { length } = taken[lane];
      if (lane === 'ours' && length % 500 === 0) say(`${length} of ${samples} changes on each lane`);
    });
    return taken;
  });
  const suffix = everywhere ? ", the source's cluster imports too" : '';
  return ([0.5, 0.99] as const).map((q) =>
    figure({
      row: `source write -> consumer watch event, 10-endpoint slice${suffix}: p${q * 100}`,
      unit: 'ms',
      target: { timesBaseline: q === 0.5 ? 1.5 : 2 },
      ours: quantile(latencies.ours, q),
      baseline: quantile(latencies.relay, q),
    }),
  );
}
