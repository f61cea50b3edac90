/** CPU time per change of the controller process, compared with the bare relay process. */
import { type Lane, withComparison } from '../harness/comparison.ts';
import { cpuSeconds } from '../harness/process-usage.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, reported } from '../report/figures.ts';
import type { Log, Scale } from './scale.ts';

const LOAD = { namespace: 'cpu', services: 1, slicesPerService: 1, endpoints: 10, headless: false };
/** Changes per block on one lane. CPU time has a resolution of 10 ms. The other lane is idle. */
const BLOCK = 100;
/** Discarded, since code is not compiled yet. */
const WARM_UP_BLOCKS = 3;

/** Alternates blocks of changes between the lanes; each change is sent after the previous one has arrived. */
export async function cpu(testBed: TestBed, { samples }: Scale, log: Log): Promise<readonly Figure[]> {
  const blocks = Math.ceil(samples / BLOCK);
  const seconds = await withComparison(testBed, LOAD, {}, async ({ catamaran, relay }) => {
    const taken = { catamaran: 0, relay: 0 };
    for (let block = -WARM_UP_BLOCKS; block < blocks; block++) {
      const [catamaranTook, relayTook] = [await cpuOfBlock(catamaran), await cpuOfBlock(relay)];
      if (block < 0) continue;
      taken.catamaran += catamaranTook;
      taken.relay += relayTook;
      if ((block + 1) % 5 === 0) log(`${(block + 1) * BLOCK} of ${blocks * BLOCK} changes on each lane`);
    }
    return taken;
  });
  return [
    reported({
      row: 'CPU per change, 10-endpoint slice',
      unit: 'ms',
      catamaran: (seconds.catamaran * 1_000) / (blocks * BLOCK),
      baseline: (seconds.relay * 1_000) / (blocks * BLOCK),
      note: `CPU time of the controller process and the relay process, over ${blocks * BLOCK} changes each`,
    }),
  ];
}

/** CPU seconds of a lane's process for a block of changes. */
async function cpuOfBlock({ pid, shape, change }: Lane): Promise<number> {
  const before = await cpuSeconds(pid);
  for (let i = 0; i < BLOCK; i++) {
    if ((await change(0)) === undefined) throw new Error(`timeout: a change in ${shape.namespace} did not arrive`);
  }
  return (await cpuSeconds(pid)) - before;
}
