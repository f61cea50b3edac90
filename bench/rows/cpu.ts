/** CPU time per change, of the controller's process beside the bare relay's. */
import { type Lane, withComparison } from '../harness/comparison.ts';
import { cpuSeconds } from '../harness/process-usage.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, reported } from '../report/figures.ts';
import type { Say, Scale } from './scale.ts';

const LOAD = { namespace: 'cpu', services: 1, slicesPerService: 1, endpoints: 10, headless: false };
/** Changes in a row on one lane. CPU time comes in steps of 10 ms, and the other lane is quiet meanwhile. */
const BLOCK = 100;
/** Left out: what code costs before it is compiled. */
const WARM_UP_BLOCKS = 3;

/** Blocks of changes on the lanes in turn; the next change is sent when the last one has arrived. */
export async function cpu(testBed: TestBed, { samples }: Scale, say: Say): Promise<readonly Figure[]> {
  const blocks = Math.ceil(samples / BLOCK);
  const seconds = await withComparison(testBed, LOAD, {}, async ({ ours, relay }) => {
    const taken = { ours: 0, relay: 0 };
    for (let block = -WARM_UP_BLOCKS; block < blocks; block++) {
      const [oursTook, relayTook] = [await cpuOfBlock(ours), await cpuOfBlock(relay)];
      if (block < 0) continue;
      taken.ours += oursTook;
      taken.relay += relayTook;
      if ((block + 1) % 5 === 0) say(`${(block + 1) * BLOCK} of ${blocks * BLOCK} changes on each lane`);
    }
    return taken;
  });
  return [
    reported({
      row: 'CPU per change, 10-endpoint slice',
      unit: 'ms',
      ours: (seconds.ours * 1_000) / (blocks * BLOCK),
      baseline: (seconds.relay * 1_000) / (blocks * BLOCK),
      note: `CPU time of the controller's process and of the relay's, over ${blocks * BLOCK} changes of each`,
    }),
  ];
}

/** CPU seconds that a lane's process takes for a block of changes. */
async function cpuOfBlock({ pid, shape, change }: Lane): Promise<number> {
  const before = await cpuSeconds(pid);
  for (let i = 0; i < BLOCK; i++) {
    if ((await change(0)) === undefined) throw new Error(`a change in ${shape.namespace} never arrived`);
  }
  return (await cpuSeconds(pid)) - before;
}
