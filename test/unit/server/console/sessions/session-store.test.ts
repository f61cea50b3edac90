import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../../../../src/server/console/scope.ts';
import type { Account, Accounts } from '../../../../../src/server/console/sessions/accounts.ts';
import { oneTimeCodes } from '../../../../../src/server/console/sessions/one-time-code.ts';
import { SessionStore } from '../../../../../src/server/console/sessions/session-store.ts';
import { ManualClock, settle } from '../../../../support/manual-clock.ts';

const MINUTE = 60_000;

function tokens(users: Map<string, string>) {
  let reviews = 0;
  let isDown = false;
  const accounts: Accounts = {
    login: 'token',
    authenticate: async (token) => {
      reviews++;
      if (isDown) throw new Error('the API server does not respond');
      const user = users.get(token);
      return user === undefined
        ? undefined
        : ({ user, scope: EVERYTHING, review: async () => {}, may: async () => true } satisfies Account);
    },
  };
  return { accounts, reviews: () => reviews, fail: (down: boolean) => (isDown = down) };
}

describe('sessions of tokens', () => {
  it('review a token when it is due, and end once it is no longer valid', async () => {
    const clock = new ManualClock();
    const users = new Map([['t', 'ann']]);
    const { accounts, reviews } = tokens(users);
    const store = new SessionStore(accounts, clock);
    const id = (await store.signIn('t')) ?? '';
    for (let i = 0; i < 10; i++) expect((await store.ofCookie(id))?.account.user).toBe('ann');
    expect(reviews()).toBe(1);
    users.delete('t'); // expired, or revoked
    await clock.advance(MINUTE);
    expect(await store.ofCookie(id)).toBeUndefined();
    expect(await store.ofCookie(id)).toBeUndefined();
    expect(await store.signIn('t')).toBeUndefined();
  });

  it('an open page learns of it without a request', async () => {
    const clock = new ManualClock();
    const users = new Map([['t', 'ann']]);
    const { accounts } = tokens(users);
    const store = new SessionStore(accounts, clock);
    const session = await store.ofCookie((await store.signIn('t')) ?? '');
    users.clear();
    await clock.advance(MINUTE);
    expect(session?.isValid()).toBe(true);
    await settle();
    expect(session?.isValid()).toBe(false);
  });

  it('last for a few minutes while the API server does not respond, and no longer', async () => {
    const clock = new ManualClock();
    const { accounts, fail } = tokens(new Map([['t', 'ann']]));
    const store = new SessionStore(accounts, clock);
    const id = (await store.signIn('t')) ?? '';
    fail(true);
    await clock.advance(2 * MINUTE);
    expect(await store.ofCookie(id)).toBeDefined();
    await clock.advance(4 * MINUTE);
    expect(await store.ofCookie(id)).toBeUndefined();
  });

  it('a token in a header is no cookie, and its token against forgery is that of its user', async () => {
    const clock = new ManualClock();
    const store = new SessionStore(
      tokens(
        new Map([
          ['t', 'ann'],
          ['renewed', 'ann'],
          ['u', 'bob'],
        ]),
      ).accounts,
      clock,
    );
    const [one, renewed, other] = [await store.ofToken('t'), await store.ofToken('renewed'), await store.ofToken('u')];
    expect(one?.csrf).toBe(renewed?.csrf);
    expect(one?.csrf).not.toBe(other?.csrf);
    expect(await store.ofCookie('t')).toBeUndefined();
    expect(await store.ofToken('wrong')).toBeUndefined();
  });
});

describe('a client that guesses tokens', () => {
  it('is stopped before the API server is', async () => {
    const { accounts, reviews } = tokens(new Map());
    const store = new SessionStore(accounts, new ManualClock());
    for (let i = 0; i < 100; i++) await store.ofToken(`guess-${i}`).catch(() => {});
    expect(reviews()).toBe(20);
    await expect(store.signIn('more')).rejects.toMatchObject({ status: 429, code: 'CTM_CONSOLE_SESSION' });
  });
});

describe('sessions of codes', () => {
  it('each has its own token against forgery, and ends when it is not used', async () => {
    const clock = new ManualClock();
    const codes = oneTimeCodes();
    const store = new SessionStore(codes, clock);
    const ids = [store.redeem(codes.issue()) ?? '', store.redeem(codes.issue()) ?? ''];
    const [one, two] = await Promise.all(ids.map((id) => store.ofCookie(id)));
    expect(one?.csrf).not.toBe(two?.csrf);
    await clock.advance(13 * 60 * MINUTE);
    expect(await store.ofCookie(ids[0] ?? '')).toBeUndefined();
  });

  it('a session that has ended is not found, and a token opens none', async () => {
    const codes = oneTimeCodes();
    const store = new SessionStore(codes, new ManualClock());
    const id = store.redeem(codes.issue()) ?? '';
    store.end(id);
    expect(await store.ofCookie(id)).toBeUndefined();
    expect(await store.signIn('t')).toBeUndefined();
    expect(await store.ofToken('t')).toBeUndefined();
  });
});
