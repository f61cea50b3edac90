/** How far the cached data of a member can still be relied on. */
import type { KnownSource } from '../core/view.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Member } from './member.ts';

/** A period without an answer of a member, in ms since the epoch. */
interface Outage {
  readonly since: number;
  /** When it answered again; undefined while it does not. */
  readonly until: number | undefined;
}

/** An outage is noticed up to this long after the last answer, in ms: by a heartbeat every 5 s that waits 5 s. */
const NOTICE_MS = 10_000;
/** A resumed watch reports at once what happened in the meantime; after this long, in ms, it has. */
const CATCH_UP_MS = 2_000;

/** The limits of a member's silence, in ms. */
export interface StalenessLimits {
  readonly unreachableAfterMs: number;
  /** Absent: never. */
  readonly endpointExpiryMs?: number;
}

/** Tracks the outages of members. */
export class Staleness {
  readonly #clock: Clock;
  readonly #limits: () => StalenessLimits;
  /** The last one of each member. */
  readonly #outages = new Map<Member, Outage>();

  constructor(clock: Clock, limits: () => StalenessLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Updates the outage of a member from its state. */
  note(member: Member): void {
    const { state } = member;
    const last = this.#outages.get(member);
    if (state.phase === 'unreachable') {
      const goesOn = last && (last.until === undefined || this.#catchesUp(last.until));
      this.#outages.set(member, { since: goesOn ? last.since : state.since, until: undefined });
    } else if (last && last.until === undefined) {
      this.#outages.set(member, { ...last, until: this.#clock.now() });
    }
  }

  forget(member: Member): void {
    this.#outages.delete(member);
  }

  /** Members of which a replica that wrote before that time, in ms since the epoch, may have known more than this one. */
  behind(writtenSince: number): readonly Member[] {
    return [...this.#outages.keys()].filter((member) => this.isBehind(member, writtenSince));
  }

  /** Whether a replica that wrote before that time, in ms since the epoch, may have known more of the member. */
  isBehind(member: Member, writtenSince: number): boolean {
    const outage = this.#outages.get(member);
    if (!outage || outage.since >= writtenSince + NOTICE_MS) return false;
    return outage.until === undefined || this.#catchesUp(outage.until);
  }

  /** The standing of a member, by the limits. */
  standing(member: Member): KnownSource['standing'] {
    if (this.#isExpired(member)) return 'expired';
    return this.#isReachable(member) ? 'current' : 'unreachable';
  }

  #isReachable({ state }: Member): boolean {
    return (
      state.phase === 'ready' ||
      (state.phase === 'unreachable' && !this.#silentFor(state.since, this.#limits().unreachableAfterMs))
    );
  }

  #isExpired({ state, startedAt }: Member): boolean {
    const after = this.#limits().endpointExpiryMs;
    if (after === undefined || state.phase === 'ready' || state.phase === 'refused') return false;
    // A member that has never answered has been silent since it joined, as far as this process can tell.
    return this.#silentFor(state.phase === 'unreachable' ? state.since : startedAt, after);
  }

  #silentFor(since: number, ms: number): boolean {
    return this.#clock.now() - since >= ms;
  }

  #catchesUp(since: number): boolean {
    const ms = this.#clock.now() - since;
    // Negative if the clock was set back.
    return ms >= 0 && ms < CATCH_UP_MS;
  }
}
