/** The controller under random faults; see schedule.ts. `make schedules` runs more of them. */
import { describe, expect, it } from 'vitest';
import { runSchedule } from './schedule.ts';

const COUNT = 100;
const BATCH = 10;
/** Seeds that are run twice. */
const REPEATED = [3, 17, 42];

describe('every cluster converges to the state of its sources after arbitrary faults, without violations on the way', () => {
  it.each(Array.from({ length: COUNT / BATCH }, (_, batch) => batch * BATCH + 1))(
    'seeds from %i',
    async (first) => {
      const failed: string[] = [];
      for (let seed = first; seed < first + BATCH; seed++) {
        const { problems } = await runSchedule(seed);
        if (problems.length > 0)
          failed.push(`seed ${seed}: make schedules COUNT=1 SEED=${seed}`, ...problems.slice(0, 5));
      }
      expect(failed.join('\n')).toBe('');
    },
    120_000,
  );
});

describe('a seed', () => {
  it.each(REPEATED)(
    '%i produces the same events in every run',
    async (seed) => {
      const [first, second] = [await runSchedule(seed), await runSchedule(seed)];
      expect(second.trace).toEqual(first.trace);
      expect(first.trace.length).toBeGreaterThan(200);
    },
    60_000,
  );
});
