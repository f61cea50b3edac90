/** Wall time and the timers of this process. */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from './runtime.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, { ...(signal && { signal }) });
    } catch (error) {
      // Node wraps the reason in an AbortError of its own.
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
