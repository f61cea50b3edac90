/** Ends work that has fallen silent. */
import type { Clock } from '../../runtime/clock.ts';

/** What guarded work gets: a signal to stop by, and a way to say that it is alive. */
export interface Guard {
  readonly signal: AbortSignal;
  heard(): void;
}

/**
 * Runs `work` until it settles. Its signal aborts with `signal`'s reason, or with `reason()` once `silenceMs()`
 * milliseconds have gone by without a sign of life.
 */
export async function untilSilent<T>(
  clock: Clock,
  signal: AbortSignal,
  silenceMs: () => number,
  reason: () => Error,
  work: (guard: Guard) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const settled = new AbortController();
  const forward = () => stop.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  let heardAt = clock.now();
  const watch = async () => {
    // One timer per silence, not one per event.
    for (let left = silenceMs(); left > 0; left = heardAt + silenceMs() - clock.now()) {
      await clock.sleep(left, settled.signal);
    }
    stop.abort(reason());
  };
  watch().catch(() => {
    // The work settled first.
  });
  try {
    return await work({
      signal: stop.signal,
      heard: () => {
        heardAt = clock.now();
      },
    });
  } finally {
    settled.abort();
    signal.removeEventListener('abort', forward);
  }
}
