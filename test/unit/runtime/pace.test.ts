import { describe, expect, it } from 'vitest';
import { LoopPace, type Pace, type Priority } from '../../../src/runtime/pace.ts';

const WORK_MS = 1;

function work(): void {
  const end = performance.now() + WORK_MS;
  while (performance.now() < end);
}

/** Work that arrives all at once, as no-op reconciles do; `done` is called after each piece. */
function bulk(pace: Pace, pieces: number, done: (piece: number) => void): Promise<unknown> {
  return Promise.all(
    Array.from({ length: pieces }, async (_, piece) => {
      const turn = pace.turn('bulk');
      if (turn) await turn;
      work();
      done(piece);
    }),
  );
}

/** Runs work and returns how many pieces were done in each iteration of the event loop. */
async function iterations(run: (done: () => void) => Promise<unknown>): Promise<readonly number[]> {
  const counts = [0];
  let isOver = false;
  const next = (): void => {
    counts.push(0);
    if (!isOver) setImmediate(next);
  };
  setImmediate(next);
  await run(() => {
    counts.push((counts.pop() ?? 0) + 1);
  });
  isOver = true;
  return counts;
}

describe('the pace of bulk work', () => {
  it('does not wait as long as a slice has time', () => {
    const pace = new LoopPace();
    expect(pace.turn('urgent')).toBeUndefined();
    expect(pace.turn('bulk')).toBeUndefined();
  });

  it('gives the event loop a turn after each slice, however much work there is', async () => {
    const pace = new LoopPace();
    const counts = await iterations((done) => bulk(pace, 100, done));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
    expect(Math.max(...counts)).toBeLessThanOrEqual(10);
  });

  it('serves first come, first served', async () => {
    const order: number[] = [];
    await bulk(new LoopPace(), 50, (piece) => order.push(piece));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('serves a change in the next slice, ahead of all bulk work', async () => {
    const pace = new LoopPace();
    const order: Priority[] = [];
    const later = bulk(pace, 200, () => order.push('bulk'));
    const turn = pace.turn('urgent');
    expect(turn).toBeDefined();
    await turn;
    order.push('urgent');
    await later;
    expect(order.indexOf('urgent')).toBeLessThan(20);
  });
});
