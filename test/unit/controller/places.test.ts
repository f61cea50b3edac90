import { describe, expect, it } from 'vitest';
import { Places } from '../../../src/controller/places.ts';

describe('places', () => {
  it('are limited, and some are left to changes', async () => {
    const places = new Places();
    const order: string[] = [];
    let bulk = 0;
    while (places.take('bulk') === undefined && bulk < 10_000) bulk++;
    let urgent = 0;
    let waiting: Promise<void> | undefined;
    while (!waiting && urgent < 10_000) {
      waiting = places.take('urgent');
      if (!waiting) urgent++;
    }
    expect([bulk, urgent]).toEqual([256, 64]);
    void waiting?.then(() => order.push('urgent'));
    for (let i = 0; i < 64; i++) places.give();
    await Promise.resolve();
    expect(order).toEqual(['urgent']);
    expect(places.take('bulk')).toBeInstanceOf(Promise);
    for (let i = 0; i < 3; i++) places.give();
    expect(places.take('bulk')).toBeInstanceOf(Promise);
    expect(places.take('urgent')).toBeUndefined();
  });
});
