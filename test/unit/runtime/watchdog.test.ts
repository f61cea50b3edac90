import { describe, expect, it } from 'vitest';
import { untilSilent, withTimeLimit } from '../../../src/runtime/watchdog.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

describe('untilSilent', () => {
  it('aborts work without a sign of life', async () => {
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

  it('does not abort work that shows signs of life', async () => {
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

  it('forwards the outer signal, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const work = untilSilent(
      clock,
      stop.signal,
      () => 100,
      () => new Error('silent'),
      ({ signal }) => untilAborted(signal),
    );
    stop.abort(new Error('stopped'));
    await expect(work).rejects.toThrow('stopped');
    await settle();
    expect(clock.sleeping).toBe(0);
  });
});

describe('withTimeLimit', () => {
  it('aborts work that takes too long, even if the clock is set back', async () => {
    const clock = new ManualClock();
    const work = withTimeLimit(clock, 100, undefined, untilAborted);
    const ended = expect(work).rejects.toThrow('no response within 0.1 s');
    await clock.advance(50);
    clock.step(-10_000);
    await clock.advance(10_049);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    await ended;
  });

  it('returns the result of the work, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    expect(await withTimeLimit(clock, 100, new AbortController().signal, async () => 'done')).toBe('done');
    await settle();
    expect(clock.sleeping).toBe(0);
  });

  it('does not start work for a signal that has aborted', async () => {
    const work = async () => expect.unreachable();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(async () => withTimeLimit(new ManualClock(), 100, signal, work)).rejects.toThrow('too late');
  });
});
