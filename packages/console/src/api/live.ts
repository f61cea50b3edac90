/**
 * The stream of changes. A connection that is lost, or silent for longer than the server's heartbeat, is opened again
 * with the ID of the last message, so that the server sends what was missed.
 */
import { createParser } from 'eventsource-parser';
import type { ChangeMessage } from '../../../../src/server/console/api-types.ts';

export type Connection =
  | { readonly state: 'connecting' | 'live' | 'expired' }
  /** `since` is the time of the last sign of life, in ms. */
  | { readonly state: 'lost'; readonly since: number };

export interface Listener {
  /** Everything has to be fetched again. */
  snapshot(): void;
  change(message: ChangeMessage): void;
  connection(state: Connection): void;
}

/** The server sends a comment every 15 s. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 300;
const MAX_RETRY_MS = 5_000;

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const now = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', now, { once: true });
    addEventListener('online', now, { once: true, signal });
  });

/** Follows the stream until the signal aborts or the session ends. */
export async function follow(listener: Listener, signal: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  let lastSign = Date.now();
  let delay = FIRST_RETRY_MS;
  listener.connection({ state: 'connecting' });
  while (!signal.aborted) {
    const attempt = new AbortController();
    const watchdog = { timer: setTimeout(() => attempt.abort(), SILENCE_MS) };
    const alive = () => {
      lastSign = Date.now();
      delay = FIRST_RETRY_MS;
      clearTimeout(watchdog.timer);
      watchdog.timer = setTimeout(() => attempt.abort(), SILENCE_MS);
    };
    let expired = false;
    const parser = createParser({
      onEvent: ({ event, data, id }) => {
        lastId = id ?? lastId;
        if (event === 'snapshot') listener.snapshot();
        else if (event === 'change') listener.change(JSON.parse(data));
        else if (event === 'expired') expired = true;
      },
    });
    try {
      const response = await fetch('/api/v1/events', {
        signal: AbortSignal.any([signal, attempt.signal]),
        headers: { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) },
      });
      if (response.status === 401) expired = true;
      else if (response.ok && response.body) {
        alive();
        listener.connection({ state: 'live' });
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done || expired) break;
          alive();
          parser.feed(value);
        }
      }
    } catch {
      // The next attempt shows whether it was more than a short loss.
    } finally {
      clearTimeout(watchdog.timer);
      attempt.abort();
    }
    if (signal.aborted) return;
    if (expired) {
      listener.connection({ state: 'expired' });
      return;
    }
    listener.connection({ state: 'lost', since: lastSign });
    await wait(delay, signal);
    delay = Math.min(delay * 2, MAX_RETRY_MS);
  }
}
