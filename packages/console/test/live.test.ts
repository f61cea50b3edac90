import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Connection, follow } from '../src/api/live.ts';

/** One connection: what the server sends, and how it ends. */
type Script = (stream: ReadableStreamDefaultController<Uint8Array>) => void;

const encode = (text: string) => new TextEncoder().encode(text);

function serve(...scripts: readonly (Script | number | 'down')[]) {
  const requests: (string | null)[] = [];
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    const script = scripts[requests.length];
    requests.push(new Headers(init.headers).get('last-event-id'));
    if (script === undefined) return await new Promise<Response>(() => {});
    if (script === 'down') throw new TypeError('fetch failed');
    if (typeof script === 'number') return new Response(null, { status: script });
    return new Response(
      new ReadableStream({
        start: (stream) => {
          script(stream);
          // As the browser does if the request is aborted.
          init.signal?.addEventListener('abort', () => stream.error(new DOMException('aborted', 'AbortError')));
        },
      }),
    );
  });
  return requests;
}

function listen(signal: AbortSignal) {
  const seen: string[] = [];
  const listener = {
    snapshot: () => void seen.push('snapshot'),
    change: ({ services }: { readonly services: readonly string[] }) => void seen.push(`change ${services.join()}`),
    connection: ({ state }: Connection) => void seen.push(state),
  };
  void follow(listener, signal);
  return seen;
}

const SNAPSHOT = 'event: snapshot\nid: 7\ndata: {"revision":7}\n\n';
const CHANGE = 'event: change\nid: 8\ndata: {"revision":8,"services":["shop/cart"],"members":[]}\n\n';

describe('the stream of changes', () => {
  let controller: AbortController;
  beforeEach(() => {
    vi.useFakeTimers();
    controller = new AbortController();
  });
  afterEach(() => {
    controller.abort();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('delivers snapshots and changes, also in pieces', async () => {
    serve((stream) => {
      stream.enqueue(encode(SNAPSHOT + CHANGE.slice(0, 20)));
      stream.enqueue(encode(CHANGE.slice(20)));
    });
    const seen = listen(controller.signal);
    await vi.waitFor(() => expect(seen).toEqual(['connecting', 'live', 'snapshot', 'change shop/cart']));
  });

  it('is opened again with the ID of the last message', async () => {
    const requests = serve(
      (stream) => {
        stream.enqueue(encode(SNAPSHOT));
        stream.close();
      },
      'down',
      503,
      (stream) => stream.enqueue(encode(CHANGE)),
    );
    const seen = listen(controller.signal);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(requests).toEqual([null, '7', '7', '7']);
    expect(seen).toEqual(['connecting', 'live', 'snapshot', 'lost', 'lost', 'lost', 'live', 'change shop/cart']);
  });

  it('is lost if there is no sign of life', async () => {
    serve((stream) => stream.enqueue(encode(SNAPSHOT)));
    const seen = listen(controller.signal);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(seen.at(-1)).toBe('snapshot');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen.at(-1)).toBe('lost');
  });

  it.each([401, ((stream) => stream.enqueue(encode('event: expired\ndata: {}\n\n'))) satisfies Script])(
    'ends with the session',
    async (script) => {
      const requests = serve(script);
      const seen = listen(controller.signal);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(seen.at(-1)).toBe('expired');
      expect(requests).toHaveLength(1);
    },
  );
});
