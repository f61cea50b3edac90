/** Aborts work that has stalled or takes too long. */
import type { Clock } from './clock.ts';

const DONE = 'done';

/** `heard` reports a sign of life. */
export interface Guard {
  readonly signal: AbortSignal;
  heard(): void;
}

/** Runs `work` with a signal that aborts with `signal`'s reason, or with the error that `expire` resolves to first. */
async function guarded<T>(
  signal: AbortSignal | undefined,
  expire: (done: AbortSignal) => Promise<Error>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const done = new AbortController();
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  expire(done.signal).then(
    (error) => stop.abort(error),
    () => {
      // The work completed first.
    },
  );
  try {
    return await work(stop.signal);
  } finally {
    // Without an explicit reason, abort() creates an error with a stack.
    done.abort(DONE);
    signal?.removeEventListener('abort', forward);
  }
}

/**
 * Runs `work` until it settles. Its signal aborts with `signal`'s reason, or with `reason()` once `silenceMs()`
 * milliseconds have passed without a sign of life.
 */
export function untilSilent<T>(
  clock: Clock,
  signal: AbortSignal,
  silenceMs: () => number,
  reason: () => Error,
  work: (guard: Guard) => Promise<T>,
): Promise<T> {
  let heardAt = clock.now();
  const heard = () => {
    heardAt = clock.now();
  };
  const expire = async (done: AbortSignal) => {
    // One timer per silence rather than one per event.
    for (let left = silenceMs(); left > 0; left = heardAt + silenceMs() - clock.now()) await clock.sleep(left, done);
    return reason();
  };
  return guarded(signal, expire, (guardSignal) => work({ signal: guardSignal, heard }));
}

/** Runs `work` with a signal that aborts with `signal`'s reason, or with an error after `ms` milliseconds. */
export function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // One sleep rather than a comparison of times, so that setting the clock back does not extend the limit.
  const expire = async (done: AbortSignal) => {
    await clock.sleep(ms, done);
    return new Error(`no response within ${ms / 1_000} s`);
  };
  return guarded(signal, expire, work);
}
