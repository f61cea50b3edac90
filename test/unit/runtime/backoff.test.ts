import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/runtime/backoff.ts';

const limits = { baseMs: 200, capMs: 1_000, factor: 2 };

describe('Backoff', () => {
  it('doubles its bound up to the cap', () => {
    const backoff = new Backoff(limits, () => 1);
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([200, 400, 800, 1_000, 1_000]);
  });

  it('has full jitter, from zero to the bound', () => {
    const randoms = [0, 0.5, 0.25];
    const backoff = new Backoff(limits, () => randoms.shift() ?? 0);
    expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([0, 200, 200]);
  });

  it('starts from the base again after a reset', () => {
    const backoff = new Backoff(limits, () => 1);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(200);
  });

  it('stays at the cap', () => {
    const backoff = new Backoff(limits, () => 1);
    for (let i = 0; i < 5_000; i++) backoff.next();
    expect(backoff.next()).toBe(1_000);
  });
});
