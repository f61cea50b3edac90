import { expect, it } from 'vitest';
import { FailureLog } from '../../../src/runtime/failure-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

/** Fails every two seconds and returns the minutes in which it warned. */
async function warnings(minutes: number): Promise<{ readonly at: readonly number[]; readonly debugs: number }> {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const log = new FailureLog(clock, logger);
  const at: number[] = [];
  for (let second = 0; second < minutes * 60; second += 2) {
    const before = logger.lines.filter(({ level }) => level === 'warn').length;
    log.failed(new Error('forbidden'), 'failed');
    if (logger.lines.filter(({ level }) => level === 'warn').length > before) at.push(Math.round(second / 60));
    await clock.advance(2_000);
  }
  return { at, debugs: logger.lines.filter(({ level }) => level === 'debug').length };
}

it('warns at first, then less and less often, at least once an hour', async () => {
  const { at, debugs } = await warnings(300);
  expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect(debugs).toBe(9_000 - at.length);
});

it('warns at once of another failure, and of the same one after a success', () => {
  const logger = new MemoryLogger();
  const log = new FailureLog(new ManualClock(), logger);
  for (const message of ['a', 'a', 'b']) log.failed(new Error(message), 'failed');
  log.succeeded();
  log.failed(new Error('b'), 'failed');
  expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'debug', 'warn', 'warn']);
});
