import { describe, expect, it } from 'vitest';
import { ReviewedAccount } from '../../../../../src/server/console/sessions/reviewed-account.ts';
import type { AccessQuestion } from '../../../../../src/server/console/sessions/reviews.ts';
import { ManualClock, settle } from '../../../../support/manual-clock.ts';

function accountOf(allowed: (question: AccessQuestion) => boolean | Promise<boolean>) {
  const asked: AccessQuestion[] = [];
  const clock = new ManualClock();
  const account = new ReviewedAccount({
    user: 'ann',
    clock,
    ask: async (question) => {
      asked.push(question);
      return allowed(question);
    },
  });
  return { account, asked, clock };
}

describe('ReviewedAccount', () => {
  it('sees nothing before it was asked, then the namespaces that are allowed, with one question for each', async () => {
    const { account, asked } = accountOf(({ namespace }) => namespace === 'hers');
    expect(account.scope.sees('hers')).toBe(false);
    await Promise.all([account.review(['hers', 'other']), account.review(['hers', 'other'])]);
    expect([account.scope.all, account.scope.sees('hers'), account.scope.sees('other')]).toEqual([false, true, false]);
    await account.review(['hers', 'other']);
    expect(asked.map(({ namespace }) => namespace).toSorted()).toEqual(['', 'hers', 'other']);
    expect(asked.every(({ verb, resource }) => verb === 'list' && resource === 'serviceexports')).toBe(true);
  });

  it('a user who may list all namespaces needs one question', async () => {
    const { account, asked } = accountOf(() => true);
    await account.review(Array.from({ length: 500 }, (_, i) => `ns-${i}`));
    expect([account.scope.all, account.scope.sees('any'), asked.length]).toEqual([true, true, 1]);
  });

  it('a right that is removed ends soon, also for an open page that asks nothing', async () => {
    let allowed = true;
    const { account, clock } = accountOf(({ namespace }) => allowed && namespace === 'hers');
    await account.review(['hers']);
    allowed = false;
    await clock.advance(31_000);
    account.scope.sees('hers');
    await settle();
    expect(account.scope.sees('hers')).toBe(false);
  });

  it('without an answer, nothing is shown after a while', async () => {
    let isDown = false;
    const { account, clock } = accountOf(({ namespace }) => {
      if (isDown) throw new Error('the API server does not respond');
      return namespace === 'hers';
    });
    await account.review(['hers']);
    isDown = true;
    await clock.advance(60_000);
    expect(account.scope.sees('hers')).toBe(true);
    await clock.advance(61_000);
    expect(account.scope.sees('hers')).toBe(false);
    await expect(account.review(['hers'])).rejects.toThrow('does not respond');
  });

  it('changes are asked about each time', async () => {
    const { account, asked } = accountOf(({ verb }) => verb === 'create');
    const deed = { resource: 'serviceexports', namespace: 'hers' } as const;
    expect(await account.may({ verb: 'create', ...deed })).toBe(true);
    expect(await account.may({ verb: 'create', ...deed })).toBe(true);
    expect(await account.may({ verb: 'delete', ...deed })).toBe(false);
    expect(asked).toHaveLength(3);
  });
});
