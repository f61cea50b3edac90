import { describe, expect, it } from 'vitest';
import type { Requeue } from '../../../src/controller/result.ts';
import { Workqueue, type WorkqueueOptions } from '../../../src/controller/workqueue.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function started(
  work: (key: string, stop: AbortSignal) => Promise<Requeue>,
  workers = 1,
  options: Partial<WorkqueueOptions> = {},
) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const queue = new Workqueue<string>({ clock, random: () => 1, workers, ...options });
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

describe('priorities', () => {
  it('a change precedes the bulk work that was added before it', async () => {
    const seen: string[] = [];
    const { queue, done, stop } = started(async (key) => {
      seen.push(key);
      return 'when-added';
    });
    queue.add('a', 'bulk');
    queue.add('b', 'bulk');
    queue.add('change');
    queue.add('b');
    await queue.idle();
    expect(seen).toEqual(['change', 'b', 'a']);
    stop();
    await done;
  });

  it('a change of one member does not wait for a thousand changes of another', async () => {
    const seen: string[] = [];
    const { opened, open } = gate();
    const { queue, done, stop } = started(async (key) => {
      if (key === 'first') await opened;
      seen.push(key);
      return 'when-added';
    });
    queue.add('first');
    await Promise.resolve();
    for (let i = 0; i < 1_000; i++) queue.add(`noisy-${i}`, 'urgent', 'noisy');
    queue.add('quiet', 'urgent', 'quiet');
    // Both of them changed it while it was processed.
    queue.add('first', 'urgent', 'noisy');
    queue.add('first', 'urgent', 'quiet');
    open();
    await queue.idle();
    expect(seen.indexOf('quiet')).toBeLessThanOrEqual(3);
    expect(seen.indexOf('first', 1)).toBeLessThanOrEqual(4);
    expect(seen).toHaveLength(1_003);
    stop();
    await done;
  });

  it('bulk work leaves places to changes', async () => {
    const { opened, open } = gate();
    const seen: string[] = [];
    const { queue, done, stop } = started(
      async (key) => {
        if (key.startsWith('bulk')) await opened;
        seen.push(key);
        return 'when-added';
      },
      4,
      { reserved: 1 },
    );
    for (let i = 0; i < 10; i++) queue.add(`bulk ${i}`, 'bulk');
    queue.add('change');
    await expect.poll(() => seen).toEqual(['change']);
    open();
    await queue.idle();
    expect(seen).toHaveLength(11);
    stop();
    await done;
  });

  it('bulk work that continues stays bulk work', async () => {
    const seen: string[] = [];
    const { queue, done, stop } = started(async (key) => {
      seen.push(key);
      if (key === 'bulk' && seen.length === 1) queue.add('change');
      return seen.length === 1 ? 'at-once' : 'when-added';
    });
    queue.add('bulk', 'bulk');
    await queue.idle();
    expect(seen).toEqual(['bulk', 'change', 'bulk']);
    stop();
    await done;
  });
});

describe('a queue that is closed', () => {
  it('keeps its keys until it is open again, even those that were denied', async () => {
    let isOpen = false;
    const seen: string[] = [];
    const { queue, clock, done, stop } = started(
      async (key) => {
        seen.push(key);
        if (seen.length > 1) return 'when-added';
        isOpen = false;
        return 'when-open';
      },
      1,
      { isOpen: () => isOpen },
    );
    queue.add('a');
    queue.add('b');
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    isOpen = true;
    queue.wake();
    await clock.advance(60_000);
    expect(seen).toEqual(['a']);
    isOpen = true;
    queue.wake();
    await queue.idle();
    expect(seen).toEqual(['a', 'b', 'a']);
    stop();
    await done;
  });

  it('does not spin if a key is denied while it is open', async () => {
    let times = 0;
    const { queue, clock, done, stop } = started(async () => {
      times++;
      return 'when-open';
    });
    queue.add('a');
    await clock.advance(1_000);
    expect(times).toBeLessThan(7);
    stop();
    await done;
  });
});

describe('keys that hang', () => {
  /** Hangs for as long as it may with keys that start with `stuck`; a real request ends after 30 s. */
  function hanging(seen: string[]) {
    const clock = new ManualClock();
    let most = 0;
    let running = 0;
    const work = async (key: string, stop: AbortSignal): Promise<Requeue> => {
      if (!key.startsWith('stuck')) {
        seen.push(key);
        return 'when-added';
      }
      most = Math.max(most, ++running);
      await clock.sleep(30_000, stop).catch(() => {});
      running--;
      return 'after-backoff';
    };
    return { clock, work, most: () => most };
  }

  it('hold up the others for a moment, however many there are, and later not at all', async () => {
    const seen: string[] = [];
    const { clock, work, most } = hanging(seen);
    const { queue, done, stop } = started(work, 16, { clock });
    for (let i = 0; i < 200; i++) queue.add(`stuck ${i}`);
    queue.add('healthy');
    await clock.advance(30_000);
    expect(seen).toEqual(['healthy']);
    expect(most()).toBeLessThan(48);
    for (let round = 0; round < 10; round++) {
      queue.add('healthy');
      await clock.advance(10);
      expect(seen).toHaveLength(round + 2);
      await clock.advance(10_000);
    }
    stop();
    await clock.advance(60_000);
    await done;
  });

  it('are not given up if the API server takes that long for all of them', async () => {
    let given = 0;
    const seen: string[] = [];
    const clock = new ManualClock();
    const { queue, done, stop } = started(
      async (key, signal) => {
        await clock.sleep(9_000, signal).catch(() => given++);
        seen.push(key);
        return signal.aborted ? 'after-backoff' : 'when-added';
      },
      16,
      { clock },
    );
    for (let i = 0; i < 200; i++) queue.add(`${i}`);
    await clock.advance(20_000);
    const atFirst = given;
    await clock.advance(200_000);
    expect(new Set(seen).size).toBe(200);
    // Until the first one is finished, it is not known what is usual.
    expect(given).toBe(atFirst);
    expect(queue.depth).toBe(0);
    stop();
    await done;
  });

  it('are processed at the usual pace once they no longer hang', async () => {
    const times = new Map<string, number>();
    let hangs = true;
    const clock = new ManualClock();
    const { queue, done, stop } = started(
      async (key, signal) => {
        if (hangs) {
          await clock.sleep(30_000, signal).catch(() => {});
          return 'after-backoff';
        }
        times.set(key, (times.get(key) ?? 0) + 1);
        return 'when-added';
      },
      16,
      { clock },
    );
    for (let i = 0; i < 40; i++) queue.add(`${i}`);
    await clock.advance(10_000);
    hangs = false;
    await clock.advance(120_000);
    expect(times.size).toBe(40);
    for (let i = 0; i < 40; i++) queue.add(`${i}`);
    await clock.advance(0);
    expect([...times.values()].every((count) => count > 1)).toBe(true);
    stop();
    await done;
  });
});
