/** Detects changes in the standing of members. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { Logger } from '../runtime/logger.ts';
import type { FleetEvent } from './enqueue.ts';

interface Standing {
  readonly known: boolean;
  readonly standing: ReturnType<Fleet['standing']>;
  /** Whether a previous writer may have known more of the member than this replica. */
  readonly behind: boolean;
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

  /** Updates and logs the member's standing; returns the event if it changed. */
  update(member: Member): FleetEvent | undefined {
    const now = this.#standingOf(member);
    const before = this.#last.get(member);
    if (before && isEqual(before, now)) return undefined;
    this.#last.set(member, now);
    if (before || now.known) this.#log(member, now);
    return {
      kind: 'standing',
      member: member.name,
      wasCurrent: before ? isCurrent(before) : false,
      isCurrent: isCurrent(now),
      exported: member.cache.exported(),
    };
  }

  #standingOf(member: Member): Standing {
    const { fleet, writtenSince } = this.#options;
    const mayBeBehind = fleet.isBehind(member, Number.POSITIVE_INFINITY);
    const behind = mayBeBehind && writtenSince().some((since) => fleet.isBehind(member, since));
    return { known: member.cache.synced, standing: fleet.standing(member), behind };
  }

  #log(member: Member, standing: Standing): void {
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
  return a.known === b.known && a.standing === b.standing && a.behind === b.behind;
}
