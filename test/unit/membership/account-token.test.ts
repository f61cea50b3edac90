import { describe, expect, it } from 'vitest';
import { claimsOf } from '../../../src/membership/account-token.ts';

const token = (claims: unknown) =>
  ['header', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'signature'].join('.');

describe('the claims of a token', () => {
  it('are the account, and when it was issued and expires', () => {
    expect(claimsOf(token({ sub: 'system:serviceaccount:ns:catamaran', iat: 100, exp: 200 }))).toEqual({
      namespace: 'ns',
      account: 'catamaran',
      issuedAt: 100_000,
      expiresAt: 200_000,
    });
  });

  it.each([
    '',
    'abc',
    'a.b.c',
    'a.%%%.c',
    token({ sub: 'user', iat: 1, exp: 2 }),
    token({ sub: 'system:serviceaccount:ns', iat: 1, exp: 2 }),
    token({ sub: 'system:serviceaccount:ns:a', iat: 1 }),
    token(null),
    token([]),
  ])('of %j are unknown', (text) => {
    expect(claimsOf(text)).toBeUndefined();
  });
});
