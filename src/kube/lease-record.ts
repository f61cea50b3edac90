/** What a candidate knows of a Lease: the record as last seen, since when, and whether it is its own. */
import type { Lease } from '../api/core.ts';
import type { Clock } from '../runtime/clock.ts';

/** The fields that a renewal may change: any difference is a sign of life. */
function renewalOf(lease: Lease): string {
  const { holderIdentity, acquireTime, renewTime, leaseTransitions, leaseDurationSeconds } = lease.spec ?? {};
  return JSON.stringify([holderIdentity, acquireTime, renewTime, leaseTransitions, leaseDurationSeconds]);
}

/** Equal as long as no other candidate has acquired the Lease: an acquisition counts a transition. */
function reignOf({ metadata: { uid }, spec }: Lease): string {
  return JSON.stringify([uid, spec?.leaseTransitions ?? 0]);
}

export interface LeaseRecordOptions {
  readonly identity: string;
  readonly clock: Clock;
  /** Whether a holder is known to have exited. */
  readonly abandoned: (identity: string) => boolean;
}

export class LeaseRecord {
  readonly #options: LeaseRecordOptions;
  #lease: Lease | undefined;
  /** Whether it has been deleted since. */
  #missing = false;
  /** When its current record was first seen, or when it was first missing. */
  #observedAt = 0;
  /** The reign of this candidate; undefined once another one has held the Lease since. */
  #ownReign: string | undefined;

  constructor(options: LeaseRecordOptions) {
    this.#options = options;
  }

  /** The Lease as last read or written. */
  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Whether, as far as is known, no other candidate has held the Lease since this one did. */
  get isContinuous(): boolean {
    return this.#ownReign !== undefined;
  }

  /** How long the record has been unchanged, or the Lease missing, in ms. */
  get age(): number {
    return this.#options.clock.now() - this.#observedAt;
  }

  /** Restarts {@link age}, after a time in which changes could not be seen. */
  restart(): void {
    this.#observedAt = this.#options.clock.now();
  }

  /** Enters a Lease that was read. */
  seen(lease: Lease): void {
    const changed = !this.#lease || this.#missing || renewalOf(this.#lease) !== renewalOf(lease);
    this.#missing = false;
    if (changed) this.restart();
    this.#lease = lease;
    const isFree = (lease.spec?.holderIdentity ?? '') === '';
    if (reignOf(lease) !== this.#ownReign || !(isFree || this.isOwn(lease))) this.#ownReign = undefined;
  }

  /** Enters a Lease that this candidate wrote as its holder. */
  wrote(lease: Lease): void {
    this.seen(lease);
    this.#ownReign = reignOf(lease);
  }

  /** Notes that the Lease does not exist. */
  gone(): void {
    if (!this.#missing) this.restart();
    this.#missing = true;
    this.#ownReign = undefined;
  }

  isOwn(lease: Lease): boolean {
    return lease.spec?.holderIdentity === this.#options.identity;
  }

  /**
   * Whether it has no holder, a holder that is known to have exited, or an unchanged record for longer than its
   * duration.
   */
  hasExpired(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || this.#options.abandoned(holder)) return true;
    return this.age > (lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
  }
}
