/** Open pages of a console, as browsers keep them: each reads the events, and fetches the overview when it may have changed. */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

/** A page fetches the overview at most once in this time, in ms. */
const OVERVIEW_MS = 1_000;

export interface Pages {
  /** Messages that all of them have received. */
  readonly received: number;
  close(): Promise<void>;
}

/** Signs in by the one-time address. */
export async function signIn(address: string): Promise<{ readonly root: string; readonly cookie: string }> {
  const { headers, body } = await request(address);
  await body.dump();
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  return { root: new URL('/api/v1', address).href, cookie };
}

/** Opens pages, and resolves when each has received its first message. */
export async function openPages({ root, cookie }: Awaited<ReturnType<typeof signIn>>, count: number): Promise<Pages> {
  const stop = new AbortController();
  const pages = { received: 0 };
  const open = async () => {
    const { body } = await request(`${root}/events`, { headers: { cookie }, signal: stop.signal });
    const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
    await chunks.next();
    return { done: follow(chunks).catch(() => {}) };
  };
  const follow = async (chunks: AsyncIterator<Buffer>): Promise<void> => {
    for (;;) {
      const { done } = await chunks.next();
      if (done) return;
      pages.received++;
      const overview = await request(`${root}/clusterset`, { headers: { cookie }, signal: stop.signal });
      await overview.body.dump();
      await delay(OVERVIEW_MS, undefined, { signal: stop.signal });
    }
  };
  const following = await Promise.all(Array.from({ length: count }, open));
  return {
    get received() {
      return pages.received;
    },
    close: async () => {
      stop.abort();
      await Promise.all(following.map(({ done }) => done));
    },
  };
}
