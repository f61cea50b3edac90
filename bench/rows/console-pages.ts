/** Propagation while consoles are open, beside the same controller without an open one. */
import { alternate, withComparison } from '../harness/comparison.ts';
import { openPages, signIn } from '../harness/pages.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { quantile } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

const LOAD = { services: 1, slicesPerService: 1, endpoints: 10, headless: false, namespace: 'console' };
const PAGES = 20;
const WARM_UP = 100;
/** Changes in a row with pages open, then without. */
const BLOCK = 100;

export async function consolePages(testBed: TestBed, { samples }: Scale, log: Log): Promise<readonly Figure[]> {
  const taken = { open: [] as number[], closed: [] as number[] };
  let received = 0;
  await withComparison(testBed, LOAD, { console: true }, async (comparison) => {
    const session = await signIn(await comparison.controller.consoleUrl());
    await alternate(comparison, WARM_UP, () => {});
    while (taken.closed.length < samples / 2) {
      const pages = await openPages(session, PAGES);
      await alternate(comparison, BLOCK, (lane, latency) => {
        if (lane === 'catamaran') taken.open.push(latency);
      });
      received += pages.received;
      await pages.close();
      await alternate(comparison, BLOCK, (lane, latency) => {
        if (lane === 'catamaran') taken.closed.push(latency);
      });
      log(`${taken.open.length} changes with ${PAGES} open consoles, ${taken.closed.length} without`);
    }
  });
  if (received === 0) throw new Error('the consoles received no message');
  return ([0.5, 0.99] as const).map((q) =>
    figure({
      row: `source write -> consumer watch event, ${PAGES} open consoles: p${q * 100}`,
      unit: 'ms',
      target: { timesBaseline: q === 0.5 ? 1.1 : 1.25 },
      catamaran: quantile(taken.open, q),
      baseline: quantile(taken.closed, q),
      note: `baseline: the same controller without an open console; ${received} messages received`,
    }),
  );
}
