import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';

describe('systemClock', () => {
  it('sleeps', async () => {
    const before = systemClock.now();
    await systemClock.sleep(5);
    expect(systemClock.now()).toBeGreaterThan(before);
  });

  it('rejects with the reason of an abort', async () => {
    const stop = new AbortController();
    const asleep = systemClock.sleep(60_000, stop.signal);
    stop.abort(new Error('time to stop'));
    await expect(asleep).rejects.toThrow('time to stop');
  });

  it('does not sleep after an abort', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
