/** A member that left the fleet is cleaned up: nothing that Catamaran made stays in it. */

import type { Change } from '../core/change.ts';
import { departure } from '../core/plan/departure.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Result } from './result.ts';

/** Between two looks at a member that cannot be cleaned up by this replica, or not yet, in ms. */
const LOOK_MS = 2_000;
/** Waiting between two tries. */
const RETRY: BackoffLimits = { baseMs: 50, capMs: 30_000, factor: 2 };

/** What a cleanup depends on. */
export interface CleanupOptions {
  readonly fleet: Fleet;
  /** Whether this replica holds the member's Lease. */
  readonly isHeld: () => boolean;
  readonly apply: (changes: readonly Change[]) => Promise<Result>;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is left to remove; undefined while that is not known. */
function remainder(fleet: Fleet, member: Member): readonly Change[] | undefined {
  const { cache } = member;
  // The cluster of a refused member is another member's, who keeps what is in it.
  if (member.state.phase === 'refused') return [];
  if (!cache.synced) return undefined;
  return [...fleet.index.heldBy(member.name)].flatMap((key) =>
    departure(fleet.consumer(key, member), cache.exports.get(key)),
  );
}

/** Tries until nothing is left; returns whether that is so, or the signal aborted before or the member came back. */
export async function cleanUp(
  member: Member,
  { fleet, isHeld, apply, clock, random }: CleanupOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const backoff = new Backoff(RETRY, random);
  while (!signal.aborted && fleet.member(member.name) === member) {
    const changes = remainder(fleet, member);
    if (changes?.length === 0) return true;
    const { outcome } = changes && isHeld() ? await apply(changes) : { outcome: 'denied' };
    if (outcome !== 'failed') backoff.reset();
    await clock.sleep(outcome === 'denied' ? LOOK_MS : backoff.next(), signal).catch(() => {});
  }
  return false;
}
