/**
 * Decides which replica writes to which member. Each member has one Lease, held by one replica. Replicas balance their
 * Leases by requesting one at a time in an annotation of the Lease itself, so they need no other channel.
 */
import type { Lease } from '../api/core.ts';
import type { LeaseConfig } from '../config/fleet-config.ts';
import type { Member } from '../fleet/member.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { LeaseHolder } from '../kube/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';

/** Annotation of a member's Lease: the replica that requests it from its holder. */
export const WANTED_BY = 'catamaran.dev/wanted-by';

export interface ElectionOptions {
  readonly identity: string;
  /**
   * Whether the process of an identity is known to have exited, so that its Leases can be acquired before they expire.
   */
  readonly ended: (identity: string) => boolean;
  readonly timing: LeaseConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly acquired: (member: Member) => void;
  readonly lost: (member: Member) => void;
}

interface Candidacy {
  readonly holder: LeaseHolder;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** The candidacies of this replica, one per member. */
export class Election {
  readonly #options: ElectionOptions;
  readonly #candidacies = new Map<Member, Candidacy>();
  readonly #heldSince = new Map<Member, number>();

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Whether this replica may write to the member right now. */
  holds(member: Member): boolean {
    return this.#candidacies.get(member)?.holder.held() ?? false;
  }

  /**
   * Time since which no other replica can have written to the member, in ms since the epoch; now if that is unknown.
   */
  heldSince(member: Member): number {
    return this.#heldSince.get(member) ?? this.#options.clock.now();
  }

  /** Members that this replica may write to. */
  get held(): number {
    return [...this.#candidacies.values()].filter(({ holder }) => holder.held()).length;
  }

  /** Starts the candidacy for a member's Lease, until {@link leave}. */
  join(member: Member, client: KubeClient): void {
    if (this.#candidacies.has(member)) return;
    const { identity, timing, clock, random, logger, acquired, lost, ended } = this.#options;
    const stop = new AbortController();
    const holder = new LeaseHolder({
      client,
      namespace: timing.namespace,
      name: timing.name,
      identity,
      clock,
      random,
      logger: logger.child({ member: member.name }),
      durations: {
        leaseMs: timing.durationMs,
        renewDeadlineMs: timing.renewDeadlineMs,
        retryMs: timing.retryPeriodMs,
      },
      abandoned: ended,
      shouldRelease: (lease) => this.#isWanted(lease),
      annotate: (lease) => this.#claim(member, lease),
      // A request of a replica that is gone would make every holder release the Lease.
      clearOnAcquire: [WANTED_BY],
    });
    const done = holder.run(stop.signal, {
      onAcquired: () => {
        this.#heldSince.set(member, clock.now());
        acquired(member);
      },
      onLost: () => {
        this.#heldSince.delete(member);
        lost(member);
      },
    });
    this.#candidacies.set(member, { holder, stop, done });
  }

  /** Ends the candidacy and releases the Lease, if held, so that another replica can acquire it immediately. */
  async leave(member: Member): Promise<void> {
    const candidacy = this.#candidacies.get(member);
    if (!candidacy) return;
    candidacy.stop.abort();
    await candidacy.done;
    this.#candidacies.delete(member);
  }

  /** Ends all candidacies. */
  async close(): Promise<void> {
    await Promise.all([...this.#candidacies.keys()].map((member) => this.leave(member)));
  }

  /** Whether another replica with fewer Leases requested this one. The last Lease is never released. */
  #isWanted(lease: Lease): boolean {
    const wantedBy = lease.metadata.annotations?.[WANTED_BY];
    return wantedBy !== undefined && wantedBy !== '' && wantedBy !== this.#options.identity && this.held > 1;
  }

  /**
   * Requests a member whose holder has at least two more Leases than this replica. Every replica reads every Lease, so
   * each knows the distribution.
   */
  #claim(member: Member, lease: Lease): Record<string, string> | undefined {
    const holder = lease.spec?.holderIdentity ?? '';
    const theirs = [...this.#candidacies].filter(
      ([, other]) => !other.holder.held() && other.holder.holder() === holder,
    );
    if (holder === '' || theirs.length - this.held < 2) return undefined;
    // Requesting only the first one prevents two replicas from swapping.
    if (theirs[0]?.[0] !== member || lease.metadata.annotations?.[WANTED_BY] === this.#options.identity)
      return undefined;
    return { [WANTED_BY]: this.#options.identity };
  }
}
