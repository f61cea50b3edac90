import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fuzz } from '../../support/fuzz/fuzz.ts';
import { isTarget, TARGETS } from '../../support/fuzz/targets.ts';

const SEED = 20_261_127;
/** Live memory may grow by this much after the first tenth of the inputs, in bytes; a leak grows with their number. */
const GROWTH_BYTES = 8 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('mutated inputs of', () => {
  it.each(Object.keys(TARGETS))(
    '%s are handled, without a leak',
    async (name) => {
      if (!isTarget(name)) throw new Error('not a target');
      const { open, count } = TARGETS[name];
      const { failures, heap } = await fuzz(open(), { count, seed: SEED, collect });
      expect(
        failures.map(({ seed, error }) => [`make fuzz TARGET=${name} COUNT=1 SEED=${seed}`, String(error)]),
      ).toEqual([]);
      expect(heap[1] - heap[0]).toBeLessThan(GROWTH_BYTES);
    },
    120_000,
  );

  it('reports each failing input with the seed that repeats it', async () => {
    const target = {
      input: (below: (bound: number) => number) => Buffer.from([below(256)]),
      check: ([byte = 0]: Buffer) => {
        if (byte % 16 === 0) throw new Error(`${byte}`);
      },
    };
    const { failures } = await fuzz(target, { count: 200, seed: 5, collect: () => {} });
    expect(failures.length).toBeGreaterThan(0);
    for (const { seed, input } of failures) {
      const again = await fuzz(target, { count: 1, seed, collect: () => {} });
      expect(again.failures.map((failure) => failure.input)).toEqual([input]);
    }
  });
});
