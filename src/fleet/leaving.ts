/** Members that the configuration no longer has, but that still take part. */
import type { Member } from './member.ts';

/**
 * How long a removed member waits for members that are not known yet, in ms. Any of them may be the removed
 * cluster under another name, or its replacement.
 */
export const JOIN_WAIT_MS = 300_000;

interface Wait {
  readonly since: number;
  /** Names of the members of the configuration that were not known at the time. */
  readonly awaited: ReadonlySet<string>;
}

export class Leaving {
  readonly #waits = new Map<Member, Wait>();

  members(): Member[] {
    return [...this.#waits.keys()];
  }

  has(member: Member): boolean {
    return this.#waits.has(member);
  }

  /** `now` is in ms since the epoch. */
  add(member: Member, awaited: ReadonlySet<string>, now: number): void {
    this.#waits.set(member, { since: now, awaited });
  }

  /** Whether it was there. */
  delete(member: Member): boolean {
    return this.#waits.delete(member);
  }

  /** The members to wait for before this one leaves; none once the time is up. */
  awaited(member: Member, now: number): Iterable<string> {
    const wait = this.#waits.get(member);
    return wait && now - wait.since < JOIN_WAIT_MS ? wait.awaited : [];
  }
}
