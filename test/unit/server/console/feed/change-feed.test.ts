import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../../../../src/api/meta.ts';
import { ChangeFeed, type Subscriber } from '../../../../../src/server/console/feed/change-feed.ts';
import { eventStream } from '../../../../../src/server/console/feed/event-stream.ts';
import { EVERYTHING, type Scope } from '../../../../../src/server/console/scope.ts';
import { ManualClock, settle } from '../../../../support/manual-clock.ts';

const DECODER = new TextDecoder();

/** A row of any length. */
function feedOf(row: (key: ServiceKey) => string = (key) => JSON.stringify({ name: key })) {
  const made: ServiceKey[] = [];
  const feed = new ChangeFeed({
    clock: new ManualClock(),
    changed: () => {},
    rows: (keys) => {
      made.push(...keys);
      return keys.map(row);
    },
    instance: 'one',
  });
  return { feed, made };
}

class Page implements Subscriber {
  readonly scope: Scope;
  readonly received: Uint8Array[] = [];

  constructor(scope: Scope = EVERYTHING) {
    this.scope = scope;
  }

  send(message: Uint8Array): void {
    this.received.push(message);
  }

  beat(): void {}

  get texts(): readonly string[] {
    return this.received.map((bytes) => DECODER.decode(bytes));
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of any message
  get last(): any {
    return JSON.parse(/^data: (.*)$/m.exec(this.texts.at(-1) ?? '')?.[1] ?? 'null');
  }
}

describe('ChangeFeed', () => {
  it('makes one message for all pages, and one row per changed Service, however often it changes', () => {
    const { feed, made } = feedOf();
    const pages = Array.from({ length: 20 }, () => new Page());
    for (const page of pages) feed.subscribe(page, undefined);
    for (let i = 0; i < 100; i++) feed.note('shop/api');
    feed.flush();
    expect(made).toEqual(['shop/api']);
    expect(new Set(pages.map(({ received }) => received.at(-1))).size).toBe(1);
    expect(pages[0]?.last).toMatchObject({ services: ['shop/api'], rows: [{ name: 'shop/api' }] });
  });

  it('costs nothing but a number while no page is open', () => {
    const { feed, made } = feedOf();
    const before = feed.revision;
    feed.note('shop/api');
    feed.flush();
    expect([made.length, feed.revision > before]).toEqual([0, true]);
  });

  it('a page with a known ID gets what it missed, any other one fetches everything', () => {
    const { feed } = feedOf();
    const first = new Page();
    feed.subscribe(first, undefined);
    feed.note('shop/a');
    feed.flush();
    const [, id = ''] = /^id: (.*)$/m.exec(first.texts.at(-1) ?? '') ?? [];
    feed.note('shop/b');
    feed.flush();
    const back = new Page();
    feed.subscribe(back, id);
    expect(back.last.services).toEqual(['shop/b']);
    for (const unknown of [undefined, '', 'x', 'other:1', 'one:', 'one:x', 'one:999999']) {
      const page = new Page();
      feed.subscribe(page, unknown);
      expect(page.texts[0]).toMatch(/^event: snapshot\n/);
    }
  });

  it('a page sees only its namespaces, and pages of one user share the message', () => {
    const { feed } = feedOf();
    const scope: Scope = { all: false, sees: (namespace) => namespace === 'hers' };
    const [one, two, all] = [new Page(scope), new Page(scope), new Page()];
    for (const page of [one, two, all]) feed.subscribe(page, undefined);
    feed.note('hers/api');
    feed.note('secret/api');
    feed.flush();
    expect(one.texts.join()).not.toContain('secret');
    expect(one.last.services).toEqual(['hers/api']);
    expect(one.received.at(-1)).toBe(two.received.at(-1));
    expect(all.last.services).toEqual(['hers/api', 'secret/api']);
  });

  it('what a user may not see sends them no message, and a namespace that they may see is learned', async () => {
    const { feed } = feedOf();
    const known = new Set<string>();
    const scope: Scope = {
      all: false,
      sees: (namespace) => known.has(namespace),
      learn: async (namespaces) => {
        const isNew = [...namespaces].includes('hers') && !known.has('hers');
        known.add('hers');
        return isNew;
      },
    };
    const page = new Page(scope);
    feed.subscribe(page, undefined);
    feed.note('secret/api');
    feed.flush();
    expect(page.received).toHaveLength(1);
    known.clear();
    feed.note('hers/api');
    feed.flush();
    await settle();
    expect(page.texts.at(-1)).toMatch(/^event: snapshot\n/);
    feed.note('hers/api');
    feed.flush();
    expect(page.last.services).toEqual(['hers/api']);
  });

  it('large rows are left to the page, and more changes than a message holds are fetched as a whole', () => {
    const { feed } = feedOf(() => `"${'x'.repeat(40_000)}"`);
    const page = new Page();
    feed.subscribe(page, undefined);
    feed.note('shop/a');
    feed.note('shop/b');
    feed.flush();
    expect(page.last).toEqual({ revision: expect.any(Number), services: ['shop/a', 'shop/b'], members: [] });
    for (let i = 0; i < 1_001; i++) feed.note(`shop/s${i}`);
    feed.flush();
    expect(page.last).toMatchObject({ all: true, services: [] });
    expect(page.received.at(-1)?.byteLength).toBeLessThan(1_000);
  });
});

describe('the stream of a page', () => {
  it('a page that does not read misses messages, then fetches everything; the others are not held up', async () => {
    const { feed } = feedOf(() => `"${'x'.repeat(60_000)}"`);
    const slow = eventStream({ feed, scope: EVERYTHING, lastId: undefined, isValid: () => true });
    const quick = new Page();
    feed.subscribe(quick, undefined);
    for (let i = 0; i < 50; i++) {
      feed.note('shop/api');
      feed.flush();
    }
    expect(quick.received).toHaveLength(51);
    const reader = slow.getReader();
    let bytes = 0;
    let last = '';
    while (!/^event: snapshot/.test(last) || bytes < 100_000) {
      const { value } = await reader.read();
      bytes += value?.byteLength ?? 0;
      last = DECODER.decode(value);
    }
    // No more than the buffer was kept for it.
    expect(bytes).toBeLessThan(400_000);
    await reader.cancel();
    expect(feed.size).toBe(1);
  });

  it('ends with the session, and says so', async () => {
    const clock = new ManualClock();
    const feed = new ChangeFeed({ clock, changed: () => {}, rows: () => [], instance: 'one' });
    let valid = true;
    const stream = eventStream({ feed, scope: EVERYTHING, lastId: undefined, isValid: () => valid });
    const stop = new AbortController();
    const running = feed.run(stop.signal, () => {});
    const text = new Response(stream).text();
    await clock.advance(16_000);
    valid = false;
    await clock.advance(16_000);
    const received = await text;
    expect(received).toMatch(/event: snapshot[\s\S]*\n: \n[\s\S]*event: expired\ndata: {}\n\n$/);
    expect(feed.size).toBe(0);
    stop.abort();
    await running;
  });
});
