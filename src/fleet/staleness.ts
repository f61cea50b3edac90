/** Tracks how reliable the cached data of each member is. */
import type { KnownSource } from '../core/view.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Member } from './member.ts';
import { lostSince } from './member-state.ts';

/** A period without a response of a member, in ms since the epoch. */
interface Outage {
  readonly since: number;
  /** When it responded again; undefined while it does not. */
  readonly until: number | undefined;
}

/**
 * An outage is detected at most this long after the last response, in ms: heartbeats are sent every 5 s and wait 5 s.
 */
const NOTICE_MS = 10_000;
/**
 * After this time without a response, a member counts as unreachable, in ms. Consumers of which it has the only
 * endpoints report it then; the others wait for `unreachableAfterMs`, since most outages are short and every report is a
 * write for each import.
 */
const SILENT_MS = 15_000;
/** Time in which a resumed watch has delivered all changes of the meantime, in ms. */
const CATCH_UP_MS = 2_000;

/** Limits of a member's outage, in ms. */
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
    const since = lostSince(state);
    if (since !== undefined) {
      const goesOn = last && (last.until === undefined || this.#catchesUp(last.until));
      this.#outages.set(member, { since: goesOn ? last.since : since, until: undefined });
    } else if (last && last.until === undefined) {
      this.#outages.set(member, { ...last, until: this.#clock.now() });
    }
  }

  forget(member: Member): void {
    this.#outages.delete(member);
  }

  /**
   * Members of which a replica that wrote before that time, in ms since the epoch, may have known more than this one.
   */
  behind(writtenSince: number): readonly Member[] {
    return [...this.#outages.keys()].filter((member) => this.isBehind(member, writtenSince));
  }

  /** Whether a replica that wrote before that time, in ms since the epoch, may have known more of the member. */
  isBehind(member: Member, writtenSince: number): boolean {
    const outage = this.#outages.get(member);
    if (!outage || outage.since >= writtenSince + NOTICE_MS) return false;
    return outage.until === undefined || this.#catchesUp(outage.until);
  }

  /**
   * Whether the member has been silent for less than the time after which every consumer reports it. Once its endpoints
   * have expired, they do so at once.
   */
  isBrief(member: Member): boolean {
    if (this.#isExpired(member)) return false;
    const { state, startedAt } = member;
    const { unreachableAfterMs } = this.#limits();
    switch (state.phase) {
      case 'unreachable':
        return !this.#silentFor(state.since, unreachableAfterMs);
      case 'unknown':
        return !this.#silentFor(startedAt, unreachableAfterMs);
      case 'refused':
        return state.since !== undefined && !this.#silentFor(state.since, unreachableAfterMs);
      case 'ready':
        return false;
    }
  }

  /** The standing of a member, by the limits. */
  standing(member: Member): KnownSource['standing'] {
    if (this.#isExpired(member)) return 'expired';
    return this.#isReachable(member) ? 'current' : 'unreachable';
  }

  #isReachable({ state }: Member): boolean {
    if (state.phase === 'ready') return true;
    const since = lostSince(state);
    if (since === undefined) return false;
    return !this.#silentFor(since, Math.min(SILENT_MS, this.#limits().unreachableAfterMs));
  }

  #isExpired({ state, startedAt }: Member): boolean {
    const after = this.#limits().endpointExpiryMs;
    const since = lostSince(state);
    if (after === undefined || state.phase === 'ready' || (state.phase === 'refused' && since === undefined)) {
      return false;
    }
    // For this process, the outage of a member that has never responded began when it joined.
    return this.#silentFor(since ?? startedAt, after);
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
