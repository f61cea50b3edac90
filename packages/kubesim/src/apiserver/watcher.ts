/**
 * Watches. Source: Kubernetes documentation, "API concepts": "Efficient detection of changes", "Watch bookmarks",
 * "Streaming lists".
 */

import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Clock, Random } from '../machinery/runtime.ts';
import { StatusError } from '../machinery/status.ts';
import type { Collection, StoreEvent } from './collection.ts';
import type { ListOptions } from './options.ts';
import type { Selection } from './selection.ts';
import { expired, versionNumber } from './versions.ts';

/** An element of a watch: a change, a bookmark, or the error that ends it. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: StoredObject }
  | { readonly type: 'BOOKMARK'; readonly version: number; readonly initialEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: JsonObject };

export interface WatchSource {
  readonly collection: Collection;
  readonly selection: Selection;
  readonly options: ListOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** The cluster's latest version. */
  readonly version: () => number;
  /** Aborts when the resource is no longer served. */
  readonly ended: AbortSignal;
}

const BOOKMARK_MS = 60_000;
/** Time before the timeout of a watch at which its last bookmark is sent. */
const LAST_BOOKMARK_MS = 2_000;
/** Minimum duration of a watch without timeoutSeconds; the maximum is twice as long. */
const DEFAULT_TIMEOUT_MS = 1_800_000;
/** Maximum number of undelivered events; a slower watch is ended, as in kube-apiserver. */
const MAX_WAITING = 10_000;

/** A change as seen through a selector. */
function selected({ matches }: Selection, event: StoreEvent): WatchEvent | undefined {
  const before = event.old !== undefined && matches(event.old);
  const after = event.type !== 'DELETED' && matches(event.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object };
  if (!before || !event.old) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', object: event.object };
  const { old } = event;
  return { type: 'DELETED', object: { ...old, metadata: { ...old.metadata, resourceVersion: `${event.version}` } } };
}

/**
 * Opens a watch, which yields batches of events. 410 is sent in the stream, as by kube-apiserver.
 *
 * @throws StatusError
 */
export function openWatch(
  source: WatchSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly WatchEvent[], void, undefined> {
  const { collection, selection, options, version } = source;
  const asked = versionNumber(options.resourceVersion, (problem) => new StatusError(500, '', problem)) ?? 0;
  if (options.sendInitialEvents ?? asked === 0) {
    const state = collection.list(selection.namespace).filter((object) => selection.matches(object));
    const events = state.map((object): WatchEvent => ({ type: 'ADDED', object }));
    const end: WatchEvent = { type: 'BOOKMARK', version: version(), initialEnd: true };
    return stream(source, options.sendInitialEvents && options.bookmarks ? [...events, end] : events, asked, signal);
  }
  const from = asked === 0 ? version() : asked;
  const missed = collection.since(from);
  if (!missed) return ofOne([{ type: 'ERROR', status: expired(from, collection.floor).toJSON() }]);
  return stream(
    source,
    missed.flatMap((event) => selected(selection, event) ?? []),
    from,
    signal,
  );
}

async function* ofOne<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}

/** Buffers events immediately, even before the consumer starts reading. */
function stream(
  source: WatchSource,
  first: readonly WatchEvent[],
  from: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly WatchEvent[], void, undefined> {
  const { collection, selection, options, version, ended } = source;
  const over = new AbortController();
  let waiting: WatchEvent[] = [];
  let wake = (): void => {};
  const end = (): void => {
    over.abort();
    unwatch();
    signal?.removeEventListener('abort', end);
    ended.removeEventListener('abort', finish);
    wake();
  };
  // Events before the end of the resource are still delivered.
  const finish = (): void => wake();
  const send = (event: WatchEvent): void => {
    waiting.push(event);
    if (waiting.length > MAX_WAITING) end();
    else wake();
  };
  const bookmark = (): void => {
    if (options.bookmarks && version() >= from) send({ type: 'BOOKMARK', version: version(), initialEnd: false });
  };
  const unwatch = collection.watch((event) => {
    // For a watch from a future version, earlier events are skipped.
    if (event.version <= from) return;
    const seen = selected(selection, event);
    if (seen) send(seen);
  });
  signal?.addEventListener('abort', end, { once: true });
  ended.addEventListener('abort', finish, { once: true });
  if (signal?.aborted) end();
  keepTime(source, bookmark, end, over.signal);
  async function* read(): AsyncGenerator<readonly WatchEvent[], void, undefined> {
    try {
      if (first.length > 0) yield first;
      while (!over.signal.aborted) {
        const batch = waiting;
        waiting = [];
        if (batch.length > 0) yield batch;
        else if (ended.aborted) return;
        else {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      }
    } finally {
      end();
    }
  }
  return read();
}

/** Schedules bookmarks and the timeout. */
function keepTime(
  { options, clock, random }: WatchSource,
  bookmark: () => void,
  end: () => void,
  over: AbortSignal,
): void {
  const ms = options.timeoutSeconds ? options.timeoutSeconds * 1_000 : DEFAULT_TIMEOUT_MS * (1 + random());
  const endsAt = clock.now() + ms;
  const run = async (): Promise<void> => {
    let lastSent = false;
    while (!over.aborted) {
      const left = endsAt - clock.now();
      if (left <= 0) return end();
      const untilLast = lastSent ? left : Math.max(0, left - LAST_BOOKMARK_MS);
      const wait = Math.min(untilLast, lastSent ? left : BOOKMARK_MS * (0.9 + random() / 10));
      if (wait > 0) await clock.sleep(wait, over);
      if (clock.now() >= endsAt) return end();
      if (endsAt - clock.now() <= LAST_BOOKMARK_MS) lastSent = true;
      bookmark();
    }
  };
  // Fails only when the watch ends.
  run().catch(() => {});
}
