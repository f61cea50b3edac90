import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import type { KubeClient } from '../../../../src/kube/client/client.ts';
import { type StoredToken, TokenRenewal } from '../../../../src/membership/inventory/token-renewal.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

const HOUR = 3_600_000;
const signal = new AbortController().signal;

function tokenOf(issuedAt: number, expiresAt: number): string {
  const claims = { sub: 'system:serviceaccount:ns:catamaran', iat: issuedAt / 1_000, exp: expiresAt / 1_000 };
  return ['h', Buffer.from(JSON.stringify(claims)).toString('base64url'), 's'].join('.');
}

let now: number;
let token: string;
let requests: JsonObject[];
let stored: string[];
let failure: Error | undefined;
let logger: MemoryLogger;

function renewal(): TokenRenewal {
  const tokens = (): readonly StoredToken[] => [
    { member: 'a', source: 'Secret "hub/a"', secret: { namespace: 'hub', name: 'a' }, token, lifetimeMs: 2 * HOUR },
  ];
  const member: Partial<KubeClient> = {
    create: async (_resource, _namespace, object, options) => {
      if (failure) throw failure;
      requests.push({ ...object, within: options?.within && { ...options.within } });
      const status = { token: tokenOf(now, now + HOUR), expirationTimestamp: new Date(now + HOUR).toISOString() };
      return { metadata: { name: 'catamaran' }, status } as never;
    },
    close: async () => {},
  };
  const store: Partial<KubeClient> = {
    patch: async (_resource, _object, patch) => {
      const data = Object(patch).data;
      token = Buffer.from(data.token, 'base64').toString();
      stored.push(token);
      return {} as never;
    },
    close: async () => {},
  };
  return new TokenRenewal({
    tokens,
    connectMember: async () => member as KubeClient,
    connectStore: async () => store as KubeClient,
    clock: { now: () => now, sleep: async () => {} },
    random: () => 0,
    logger,
  });
}

beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  token = tokenOf(now, now + HOUR);
  requests = [];
  stored = [];
  failure = undefined;
  logger = new MemoryLogger();
});

describe('a stored token', () => {
  it('is renewed halfway, for its account and the lifetime of the Secret, once', async () => {
    const each = renewal();
    now += HOUR / 2 - 1;
    await each.check(signal);
    expect(requests).toEqual([]);
    now += 1;
    await each.check(signal);
    expect(requests).toMatchObject([
      { kind: 'TokenRequest', spec: { expirationSeconds: 7_200 }, within: { name: 'catamaran', subresource: 'token' } },
    ]);
    expect(stored).toHaveLength(1);
    await each.check(signal);
    expect(requests).toHaveLength(1);
  });

  it('that cannot be renewed is tried again after a minute, and reported with its expiry', async () => {
    failure = new Error('no route');
    now += HOUR / 2;
    const each = renewal();
    await each.check(signal);
    await each.check(signal);
    expect(logger.lines).toMatchObject([{ level: 'warn', message: 'token could not be renewed, retrying' }]);
    now += 60_000;
    await each.check(signal);
    expect(logger.lines).toHaveLength(2);
    now += HOUR;
    await each.check(signal);
    expect(logger.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'token has expired and cannot be renewed',
      fields: { expiresAt: '2026-01-01T01:00:00.000Z', remedy: 'catamaran join again stores a new token' },
    });
    expect(JSON.stringify(logger.lines)).not.toContain(token);
  });

  it('that does not expire is left alone', async () => {
    token = 'static';
    await renewal().check(signal);
    expect(requests).toEqual([]);
  });
});
