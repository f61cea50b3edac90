/** Wall clock and timers. */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from './runtime.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, { ...(signal && { signal }) });
    } catch (error) {
      // Node.js wraps the reason in its own AbortError.
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
