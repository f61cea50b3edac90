import { describe, expect, it } from 'vitest';
import { untilSilent } from '../../../../src/kube/client/watchdog.ts';
import { ManualClock, settle } from '../../../support/manual-clock.ts';

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

describe('untilSilent', () => {
  it('ends work that gives no sign of life', async () => {
    const clock = new ManualClock();
    const work = untilSilent(
      clock,
      new AbortController().signal,
      () => 100,
      () => new Error('silent'),
      ({ signal }) => untilAborted(signal),
    );
    const ended = expect(work).rejects.toThrow('silent');
    await clock.advance(101);
    await ended;
  });

  it('leaves work alone that gives one', async () => {
    const clock = new ManualClock();
    let heard = () => {};
    let aborted = false;
    void untilSilent(
      clock,
      new AbortController().signal,
      () => 100,
      () => new Error('silent'),
      async (guard) => {
        heard = guard.heard;
        await untilAborted(guard.signal).catch(() => {
          aborted = true;
        });
      },
    );
    for (let i = 0; i < 10; i++) {
      await clock.advance(90);
      heard();
    }
    expect(aborted).toBe(false);
    await clock.advance(101);
    expect(aborted).toBe(true);
  });

  it('passes on the outer signal, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const work = untilSilent(
      clock,
      stop.signal,
      () => 100,
      () => new Error('silent'),
      ({ signal }) => untilAborted(signal),
    );
    stop.abort(new Error('told to stop'));
    await expect(work).rejects.toThrow('told to stop');
    await settle();
    expect(clock.sleeping).toBe(0);
  });
});
