import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fuzz } from '../../support/fuzz/fuzz.ts';
import { isTarget, TARGETS } from '../../support/fuzz/targets.ts';

const SEED = 20_261_127;
/** Live memory may grow by this much, in bytes. */
const GROWTH_BYTES = 8 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('mutated inputs of', () => {
  it.each(Object.keys(TARGETS))(
    '%s are handled, without a leak',
    async (name) => {
      if (!isTarget(name)) throw new Error('not a target');
      const { open, count } = TARGETS[name];
      const { failures, growth } = await fuzz(open(), { count, seed: SEED, collect });
      expect(
        failures.map(({ seed, error }) => [`make fuzz TARGET=${name} COUNT=1 SEED=${seed}`, String(error)]),
      ).toEqual([]);
      expect(growth).toBeLessThan(GROWTH_BYTES);
    },
    120_000,
  );

  const open = (check: (input: Buffer) => void) => ({ input: () => Buffer.alloc(1), check });

  it('finds a leak of 128 bytes per input', async () => {
    const kept: Buffer[] = [];
    const { growth } = await fuzz(
      open(() => void kept.push(Buffer.allocUnsafeSlow(128))),
      { count: 100_000, seed: SEED, collect },
    );
    expect(growth).toBeGreaterThan(GROWTH_BYTES);
  });

  it('takes no single allocation for a leak', async () => {
    let inputs = 0;
    let kept: Buffer | undefined;
    const { growth } = await fuzz(
      open(() => {
        inputs += 1;
        if (inputs === 500) kept = Buffer.alloc(4 * GROWTH_BYTES);
      }),
      { count: 1_000, seed: SEED, collect },
    );
    expect(kept).toBeDefined();
    expect(growth).toBeLessThan(GROWTH_BYTES);
  });

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
