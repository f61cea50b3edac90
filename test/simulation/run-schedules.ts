/**
 * `make schedules`: runs the controller under random faults, one schedule per seed. `node
 * test/simulation/run-schedules.ts [count [seed]]`. The full trace of a failing schedule is written to a file.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSchedule } from './schedule.ts';

const TRACES = fileURLToPath(new URL('../../.cache/schedules', import.meta.url));
const COUNT = 1_000;
/** Schedules between progress reports. */
const PROGRESS = 100;

const [count = COUNT, seed = 1] = process.argv.slice(2).map(Number);
const started = performance.now();
const failed: number[] = [];
let slowest = 0;
console.log(`${count} schedules, from seed ${seed}`);
for (let each = seed; each < seed + count; each++) {
  const { problems, trace, digest, convergedAfter } = await runSchedule(each);
  slowest = Math.max(slowest, convergedAfter ?? 0);
  if (problems.length > 0) {
    failed.push(each);
    await mkdir(TRACES, { recursive: true });
    const file = join(TRACES, `${each}.log`);
    await writeFile(file, `${[...trace, '', ...problems].join('\n')}\n`);
    console.log(`seed ${each} failed: make schedules COUNT=1 SEED=${each}; trace in ${file}`);
    for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
  } else if (count === 1) {
    console.log(
      `seed ${each}: right ${convergedAfter} s after the last fault, ${trace.length} events, digest ${digest}`,
    );
  }
  const done = each - seed + 1;
  if (done % PROGRESS === 0) {
    const seconds = (performance.now() - started) / 1_000;
    console.log(
      `${done} of ${count} in ${seconds.toFixed(0)} s, ${failed.length} failed, slowest right after ${slowest} s`,
    );
  }
}
console.log(
  `${count - failed.length} right, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`,
);
if (failed.length > 0) process.exitCode = 1;
