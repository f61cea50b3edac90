import { describe, expect, it } from 'vitest';
import type { Requeue } from '../../../src/controller/result.ts';
import { Workqueue } from '../../../src/controller/workqueue.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function started(work: (key: string) => Promise<Requeue>, workers = 1) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const queue = new Workqueue<string>({ clock, random: () => 1, workers });
  const done = queue.run(work, stop.signal);
  return { clock, queue, done, stop: () => stop.abort(), signal: stop.signal };
}

/** A gate at which work waits until the test opens it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('a queue', () => {
  it('processes a key once, however often it is added while it waits', async () => {
    const seen: string[] = [];
    const { queue, done, stop } = started(async (key) => {
      seen.push(key);
      return 'when-added';
    });
    for (let i = 0; i < 10; i++) queue.add('a');
    queue.add('b');
    await queue.idle();
    expect(seen).toEqual(['a', 'b']);
    stop();
    await done;
  });

  it('processes a key once more if it was added while it was processed', async () => {
    const { opened, open } = gate();
    let times = 0;
    const { queue, done, stop } = started(async () => {
      times++;
      if (times === 1) await opened;
      return 'when-added';
    });
    queue.add('a');
    await Promise.resolve();
    queue.add('a');
    queue.add('a');
    open();
    await queue.idle();
    expect(times).toBe(2);
    stop();
    await done;
  });

  it('never processes a key twice at the same time, whatever the number of workers', async () => {
    let running = 0;
    let most = 0;
    let times = 0;
    const { queue, done, stop } = started(async () => {
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return ++times < 20 ? 'at-once' : 'when-added';
    }, 8);
    queue.add('a');
    await queue.idle();
    expect(most).toBe(1);
    expect(times).toBe(20);
    stop();
    await done;
  });

  it('processes other keys while one hangs', async () => {
    const { opened, open } = gate();
    const seen: string[] = [];
    const { queue, done, stop } = started(async (key) => {
      if (key === 'stuck') await opened;
      seen.push(key);
      return 'when-added';
    }, 2);
    queue.add('stuck');
    queue.add('a');
    queue.add('b');
    await expect.poll(() => seen).toEqual(['a', 'b']);
    open();
    await queue.idle();
    stop();
    await done;
  });

  it('waits longer after each failure, and restarts from the shortest wait after a success', async () => {
    const attempts: number[] = [];
    let fail = true;
    const { queue, clock, done, stop } = started(async () => {
      attempts.push(clock.now() - start);
      return fail ? 'after-backoff' : 'when-added';
    });
    const start = clock.now();
    queue.add('a');
    await clock.advance(700);
    expect(attempts.splice(0)).toEqual([0, 50, 150, 350]);
    fail = false;
    await clock.advance(50);
    expect(attempts.splice(0)).toEqual([750]);
    expect(queue.retrying + queue.depth).toBe(0);
    fail = true;
    queue.add('a');
    await clock.advance(60);
    expect(attempts).toEqual([750, 800]);
    stop();
    await done;
  });

  it('ends the backoff of a key that is added again', async () => {
    let times = 0;
    const { queue, done, stop } = started(async () => (++times === 1 ? 'after-backoff' : 'when-added'));
    queue.add('a');
    await expect.poll(() => queue.retrying).toBe(1);
    queue.add('a');
    await queue.idle();
    expect(times).toBe(2);
    expect(queue.retrying).toBe(0);
    stop();
    await done;
  });

  it('drops waiting keys when it is cleared', async () => {
    const { opened, open } = gate();
    const seen: string[] = [];
    const { queue, done, stop } = started(async (key) => {
      seen.push(key);
      await opened;
      return 'when-added';
    });
    queue.add('a');
    await Promise.resolve();
    queue.add('b');
    queue.clear();
    open();
    await queue.idle();
    expect(seen).toEqual(['a']);
    stop();
    await done;
  });

  it('finishes the keys in progress when it is stopped, and takes no new ones', async () => {
    const { opened, open } = gate();
    const finished: string[] = [];
    const { queue, done, stop } = started(async (key) => {
      await opened;
      finished.push(key);
      return 'when-added';
    });
    queue.add('a');
    await Promise.resolve();
    queue.add('b');
    stop();
    open();
    await done;
    expect(finished).toEqual(['a']);
  });
});
