/** The stream of one open page, with a bounded buffer: a page that reads too slowly misses messages, then resyncs. */
import type { Scope } from '../scope.ts';
import type { ChangeFeed, Subscriber } from './change-feed.ts';

/** Bytes that may wait for one page. */
const BUFFER_BYTES = 256 * 1024;
/** Signs of life that a page may miss before its connection is closed. */
const MOST_LATE = 4;

const ENCODER = new TextEncoder();
const BEAT = ENCODER.encode(': \n\n');
const EXPIRED = ENCODER.encode('event: expired\ndata: {}\n\n');

export interface EventStreamOptions {
  readonly feed: ChangeFeed;
  readonly scope: Scope;
  readonly lastId: string | undefined;
  /** Whether the session still exists; asked at each sign of life. */
  readonly isValid: () => boolean;
}

export function eventStream({ feed, scope, lastId, isValid }: EventStreamOptions): ReadableStream<Uint8Array> {
  let subscription: Disposable | undefined;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let missed = false;
  let late = 0;
  const end = (): void => {
    if (!controller) return;
    controller = undefined;
    subscription?.[Symbol.dispose]();
  };
  const close = (last?: Uint8Array): void => {
    const open = controller;
    end();
    if (last) open?.enqueue(last);
    open?.close();
  };
  const subscriber: Subscriber = {
    scope,
    send: (message) => {
      if (missed || !controller) return;
      if ((controller.desiredSize ?? 0) < message.byteLength) missed = true;
      else controller.enqueue(message);
    },
    beat: () => {
      if (!isValid()) return close(EXPIRED);
      if (missed && ++late > MOST_LATE) return close();
      if (!missed) controller?.enqueue(BEAT);
    },
  };
  return new ReadableStream(
    {
      start(opened) {
        controller = opened;
        opened.enqueue(ENCODER.encode('retry: 1000\n\n'));
        subscription = feed.subscribe(subscriber, lastId);
      },
      // Called when there is room again.
      pull() {
        if (!missed || (controller?.desiredSize ?? 0) < BUFFER_BYTES / 2) return;
        missed = false;
        late = 0;
        feed.snapshot(subscriber);
      },
      cancel: end,
    },
    { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}
