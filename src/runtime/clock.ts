/** Time: the interface that every loop is given, and the real clock. */

/** Time, in milliseconds since the Unix epoch, and waiting. */
export interface Clock {
  now(): number;
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts.
   * A clock of a test may resolve when the test says so.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Wall time and timers of this process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abort, { once: true });
    }),
};
