/**
 * Who writes to which member. Each member has one Lease, held by one replica; the replicas even out what they hold by
 * asking for one Lease at a time on the Lease itself, so that they need no other way to talk.
 */
import type { Lease } from '../api/core.ts';
import type { LeaseConfig } from '../config/fleet-config.ts';
import type { Member } from '../fleet/member.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { LeaseHolder } from '../kube/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';

/** On a member's Lease: the replica that asks its holder to hand the member over. */
export const WANTED_BY = 'catamaran.dev/wanted-by';

/** What an election is made of. */
export interface ElectionOptions {
  readonly identity: string;
  /** Whether the process behind an identity is known to have ended, so that its Leases need not run out. */
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

/** This replica's candidacies, one a member. */
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

  /** Since when nobody else may have written to the member, in ms since the epoch; the present where that is not known. */
  heldSince(member: Member): number {
    return this.#heldSince.get(member) ?? this.#options.clock.now();
  }

  /** Members that this replica may write to. */
  get held(): number {
    return [...this.#candidacies.values()].filter(({ holder }) => holder.held()).length;
  }

  /** Stands for a member's Lease until {@link leave}. */
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
      // A claim of a replica that is gone would make each holder hand over for ever.
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

  /** Gives up the member's Lease, if held, so that another replica takes it at once. */
  async leave(member: Member): Promise<void> {
    const candidacy = this.#candidacies.get(member);
    if (!candidacy) return;
    candidacy.stop.abort();
    await candidacy.done;
    this.#candidacies.delete(member);
  }

  /** Gives up everything. */
  async close(): Promise<void> {
    await Promise.all([...this.#candidacies.keys()].map((member) => this.leave(member)));
  }

  /** Somebody asked for this member, as who holds fewer than we do may. Who holds one member keeps it. */
  #isWanted(lease: Lease): boolean {
    const wantedBy = lease.metadata.annotations?.[WANTED_BY];
    return wantedBy !== undefined && wantedBy !== '' && wantedBy !== this.#options.identity && this.held > 1;
  }

  /**
   * Asks for a member whose holder has at least two more than we have. Every replica reads every Lease, so each knows
   * how the members are spread.
   */
  #claim(member: Member, lease: Lease): Record<string, string> | undefined {
    const holder = lease.spec?.holderIdentity ?? '';
    const theirs = [...this.#candidacies].filter(
      ([, other]) => !other.holder.held() && other.holder.holder() === holder,
    );
    if (holder === '' || theirs.length - this.held < 2) return undefined;
    // Asking for the first one only keeps two replicas from swapping.
    if (theirs[0]?.[0] !== member || lease.metadata.annotations?.[WANTED_BY] === this.#options.identity)
      return undefined;
    return { [WANTED_BY]: this.#options.identity };
  }
}
