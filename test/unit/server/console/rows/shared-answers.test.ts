import { expect, it } from 'vitest';
import { sharedAnswers } from '../../../../../src/server/console/rows/shared-answers.ts';
import { EVERYTHING } from '../../../../../src/server/console/scope.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

it('makes one answer for all pages at a revision, a new one after a change or a second, and keeps no failure', async () => {
  const clock = new ManualClock();
  let revision = 1;
  let made = 0;
  let fails = false;
  const answer = sharedAnswers(
    clock,
    () => revision,
    async () => {
      made++;
      if (fails) throw new Error('no answer');
      return { made };
    },
  );
  const twenty = await Promise.all(Array.from({ length: 20 }, () => answer(EVERYTHING)));
  expect([new Set(twenty).size, made]).toEqual([1, 1]);
  // Another user, another answer.
  await answer({ all: false, sees: () => false });
  expect(made).toBe(2);
  revision++;
  expect(await answer(EVERYTHING)).toBe('{"made":3}');
  await clock.advance(1_000);
  expect(await answer(EVERYTHING)).toBe('{"made":4}');
  revision++;
  fails = true;
  await expect(answer(EVERYTHING)).rejects.toThrow('no answer');
  fails = false;
  expect(await answer(EVERYTHING)).toBe('{"made":6}');
});
