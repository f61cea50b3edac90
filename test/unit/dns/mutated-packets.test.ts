import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { bombard } from '../../support/dns/mutated-packets.ts';

it('200,000 mutated packets: no internal error, no oversized response, no memory leak', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { answered, dropped, wrong, heap } = bombard(200_000, 20_261_121, collect);
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(answered + dropped).toBe(200_000);
  expect(answered).toBeGreaterThan(100_000);
  expect(heap[1] - heap[0]).toBeLessThan(4 * 1024 * 1024);
}, 60_000);
