/** Cleans up a member that left the fleet: everything that Catamaran created there is deleted. */

import type { Change } from '../core/change.ts';
import { departure } from '../core/plan/departure.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import { isOverBudget } from '../kube/client/budget.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Result } from './result.ts';

/** Interval of checks while this replica cannot clean up the member (yet), in ms. */
const LOOK_MS = 2_000;
const RETRY: BackoffLimits = { baseMs: 50, capMs: 30_000, factor: 2 };

export interface CleanupOptions {
  readonly fleet: Fleet;
  /** Whether this replica holds the member's Lease. */
  readonly isHeld: () => boolean;
  readonly apply: (changes: readonly Change[]) => Promise<Result>;
  readonly clock: Clock;
  readonly random: Random;
}

/** The remaining changes; undefined while they are unknown, or if the cluster may be a member under another name. */
function remainder(fleet: Fleet, member: Member): readonly Change[] | undefined {
  const { cache } = member;
  // The cluster of a refused member belongs to another member, which keeps its objects, unless it sends too much.
  if (member.state.phase === 'refused' && !isOverBudget(member.state.error)) return [];
  if (!cache.synced || !fleet.mayBeCleanedUp(member)) return undefined;
  return [...fleet.index.heldBy(member.name)].flatMap((key) =>
    departure(fleet.consumer(key, member), cache.exports.get(key)),
  );
}

/** Retries until nothing is left; returns false if the signal aborts first or the cluster takes part again. */
export async function cleanUp(
  member: Member,
  { fleet, isHeld, apply, clock, random }: CleanupOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const backoff = new Backoff(RETRY, random);
  while (!signal.aborted && fleet.hasDeparted(member)) {
    const changes = remainder(fleet, member);
    if (changes?.length === 0) return true;
    const { outcome } = changes && isHeld() ? await apply(changes) : { outcome: 'denied' };
    if (outcome !== 'failed') backoff.reset();
    await clock.sleep(outcome === 'denied' ? LOOK_MS : backoff.next(), signal).catch(() => {});
  }
  return false;
}
