/** Detects changes in the standing of members. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { Logger } from '../runtime/logger.ts';

interface Standing {
  readonly known: boolean;
  readonly standing: ReturnType<Fleet['standing']>;
  /** Whether it has been silent for too short a time to be reported on every import. */
  readonly brief: boolean;
  /** Whether a previous writer may have known more of the member than this replica. */
  readonly behind: boolean;
}

/** A change of a member's standing. */
export interface StandingChange {
  /** Current: its own cache is complete, and not behind that of a previous writer. */
  readonly wasCurrent: boolean;
  readonly isCurrent: boolean;
  readonly wasReachable: boolean;
  readonly isReachable: boolean;
}

export interface StandingReviewOptions {
  readonly fleet: Fleet;
  /** Time since which this replica has been the writer of each member that it holds, in ms since the epoch. */
  readonly writtenSince: () => readonly number[];
  readonly logger: Logger;
}

export class StandingReview {
  readonly #options: StandingReviewOptions;
  readonly #last = new WeakMap<Member, Standing>();

  constructor(options: StandingReviewOptions) {
    this.#options = options;
  }

  /** Updates and logs the member's standing; returns the change, if any. */
  update(member: Member): StandingChange | undefined {
    const now = this.#standingOf(member);
    const before = this.#last.get(member);
    if (before && isEqual(before, now)) return undefined;
    this.#last.set(member, now);
    if (before ? !isEqual(before, { ...now, brief: before.brief }) : now.known) this.#log(member, now);
    return {
      wasCurrent: before ? isCurrent(before) : false,
      isCurrent: isCurrent(now),
      // The outage of a member that has never responded shows in its state.
      wasReachable: before ? before.standing === 'current' : true,
      isReachable: now.standing === 'current',
    };
  }

  #standingOf(member: Member): Standing {
    const { fleet, writtenSince } = this.#options;
    const mayBeBehind = fleet.isBehind(member, Number.POSITIVE_INFINITY);
    const behind = mayBeBehind && writtenSince().some((since) => fleet.isBehind(member, since));
    return { known: member.cache.synced, standing: fleet.standing(member), brief: fleet.isBrief(member), behind };
  }

  #log(member: Member, { brief: _, ...standing }: Standing): void {
    const { state } = member;
    const logger = this.#options.logger.child({ member: member.name });
    if (state.phase === 'ready') logger.info(standing, 'member synced');
    else logger.warn({ ...standing, err: state.error }, `member is ${state.phase}`);
  }
}

/** Whether the member's cache is complete and not behind that of a previous writer. */
function isCurrent({ known, behind }: Standing): boolean {
  return known && !behind;
}

function isEqual(a: Standing, b: Standing): boolean {
  return a.known === b.known && a.standing === b.standing && a.brief === b.brief && a.behind === b.behind;
}
