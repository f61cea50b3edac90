/** Delays the first plans until every reachable member has been listed. */
import type { Member } from '../fleet/member.ts';

/** How long to wait for another member to be listed or to fail, in ms. */
export const SETTLE_MS = 10_000;

/**
 * Counts the members that are still being listed. Since many members take a while, the wait lasts as long as any of
 * them completes.
 */
export class Settling {
  /** Number of pending members at the last update, and the time since which it has been the same. */
  #awaited: { readonly count: number; readonly since: number } | undefined;
  #settled = false;

  /** Whether every member has been listed or has failed, or none has completed for too long. Never reverts to false. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Updates the count. `now` is in ms since the epoch. */
  update(members: readonly Member[], now: number): void {
    const count = members.filter(({ state }) => state.phase === 'unknown' && !state.error).length;
    if (count !== this.#awaited?.count) this.#awaited = { count, since: now };
    if (count === 0 || now - this.#awaited.since > SETTLE_MS) this.#settled = true;
  }
}
