/** When the first plans are made: once every member that is there has been read. */
import type { Member } from '../fleet/member.ts';

/** How long the first plans wait for the next of the members that neither answer nor fail, in ms. */
const SETTLE_MS = 10_000;

/**
 * Follows how many members are still being read. Many members take their time together: as long as one after the other
 * gets there, the rest is waited for.
 */
export class Settling {
  /** Members that were waited for when this was last updated, and since when it has been so many. */
  #awaited: { readonly count: number; readonly since: number } | undefined;
  #settled = false;

  /** Whether every member has been read or has failed, or none got further for too long. It stays so. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Enters how the members stand at a time, in ms since the epoch. */
  update(members: readonly Member[], now: number): void {
    const count = members.filter(({ state }) => state.phase === 'unknown' && !state.error).length;
    if (count !== this.#awaited?.count) this.#awaited = { count, since: now };
    if (count === 0 || now - this.#awaited.since > SETTLE_MS) this.#settled = true;
  }
}
