/**
 * Decides which replica writes to which member. Each member has one Lease, held by one replica. Replicas request Leases
 * from each other in annotations of the Lease itself, so they need no other channel.
 */
import type { Lease } from '../api/core.ts';
import type { LeaseConfig } from '../config/fleet-config.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { LeaseHolder } from '../kube/lease.ts';
import type { Annotations } from '../kube/lease-options.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';

/** Annotation of a member's Lease: the replica that requests it from its holder. */
export const WANTED_BY = 'catamaran.dev/wanted-by';
/** Annotation of a member's Lease: how many members the replica knows that requests it. */
export const WANTED_BY_KNOWS = 'catamaran.dev/wanted-by-knows';
/** Annotation of a member's Lease: how many members its holder knows, of how many in its configuration, as `12/13`. */
export const HOLDER_KNOWS = 'catamaran.dev/holder-knows';

/**
 * How long a replica has to know more than a holder before it requests the Lease, in ms. The replicas notice an outage
 * or its end within seconds of each other.
 */
const AHEAD_MS = 10_000;

/** A member as far as elections are concerned. */
export interface Electable {
  readonly name: string;
  /** Identifies its cluster. */
  readonly clusterId: string | undefined;
}

export interface ElectionOptions<M extends Electable> {
  readonly identity: string;
  /**
   * Whether the process of an identity is known to have exited, so that its Leases can be acquired before they expire.
   */
  readonly ended: (identity: string) => boolean;
  readonly timing: LeaseConfig;
  /** Whether this replica can write to the member what it should have. Otherwise it does not stand for the Lease. */
  readonly isFit: (member: M) => boolean;
  readonly knowledge: () => Knowledge;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** `continuous`: no other replica has written to the member since this one last did. */
  readonly acquired: (member: M, continuous: boolean) => void;
  readonly lost: (member: M) => void;
  /** Called for each failed attempt to acquire or renew the Lease. */
  readonly failed: (member: M) => void;
}

/** Number of members whose present state a replica knows, and of those in its configuration. */
export interface Knowledge {
  readonly known: number;
  readonly total: number;
}

interface Candidacy {
  readonly holder: LeaseHolder;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** Since when this replica has known more than the holder, in ms since the epoch; undefined if it does not. */
  aheadSince: number | undefined;
}

/** The whole numbers in an annotation, which are separated by slashes; undefined if it has anything else. */
function countsIn(lease: Lease, annotation: string): readonly number[] | undefined {
  const counts = lease.metadata.annotations?.[annotation]?.split('/').map(Number) ?? [];
  return counts.length > 0 && counts.every((count) => Number.isSafeInteger(count)) ? counts : undefined;
}

/** The candidacies of this replica, one per member. */
export class Election<M extends Electable> {
  readonly #options: ElectionOptions<M>;
  readonly #candidacies = new Map<M, Candidacy>();
  readonly #heldSince = new Map<M, number>();

  constructor(options: ElectionOptions<M>) {
    this.#options = options;
  }

  /** Whether this replica may write to the member right now. */
  holds(member: M): boolean {
    return this.#candidacies.get(member)?.holder.held() ?? false;
  }

  /** Whether this replica may write to the member, and the holder of its Lease as last seen. */
  writerOf(member: M): { readonly holds: boolean; readonly holder: string } {
    const holder = this.#candidacies.get(member)?.holder;
    return { holds: holder?.held() ?? false, holder: holder?.holder() ?? '' };
  }

  /** Whether this replica wrote to the member last, as far as is known, even if it does not hold the Lease right now. */
  mayResume(member: M): boolean {
    return this.#candidacies.get(member)?.holder.mayResume() ?? false;
  }

  /** The Lease of a member as last seen. */
  leaseOf(member: M): Lease | undefined {
    return this.#candidacies.get(member)?.holder.lease;
  }

  /**
   * Time since which no other replica can have written to the member, in ms since the epoch; now if that is unknown.
   */
  heldSince(member: M): number {
    return this.#heldSince.get(member) ?? this.#options.clock.now();
  }

  /** Members that this replica may write to. */
  get held(): number {
    return this.#candidacies.values().reduce((count, { holder }) => count + (holder.held() ? 1 : 0), 0);
  }

  /**
   * Starts the candidacy for a member's Lease, until {@link leave}. If the same cluster has another candidacy, as that
   * of a member whose connection was replaced, it begins once that has ended: under one identity, each would release
   * the Lease of the other.
   */
  join(member: M, client: KubeClient): void {
    if (this.#candidacies.has(member)) return;
    const { clock, acquired, lost } = this.#options;
    const stop = new AbortController();
    const holder = this.#holder(member, client);
    const previous = [...this.#candidacies].filter(([{ clusterId }]) => clusterId === member.clusterId);
    const run = async (): Promise<void> => {
      await Promise.all(previous.map(([, { done }]) => done));
      await holder.run(stop.signal, {
        onAcquired: (continuous) => {
          const isResumed = continuous && this.#heldSince.has(member);
          if (!isResumed) this.#heldSince.set(member, clock.now());
          acquired(member, isResumed);
        },
        onLost: () => lost(member),
      });
    };
    this.#candidacies.set(member, { holder, stop, done: run(), aheadSince: undefined });
  }

  /** Makes the candidates that are fit now compete for their Leases without waiting for the next attempt. */
  nudge(member: M): void {
    if (this.#options.isFit(member)) this.#candidacies.get(member)?.holder.nudge();
  }

  /** Ends the candidacy and releases the Lease, if held, so that another replica can acquire it immediately. */
  async leave(member: M): Promise<void> {
    const candidacy = this.#candidacies.get(member);
    if (!candidacy) return;
    candidacy.stop.abort();
    await candidacy.done;
    this.#candidacies.delete(member);
    this.#heldSince.delete(member);
  }

  /** Ends all candidacies. */
  async close(): Promise<void> {
    await Promise.all([...this.#candidacies.keys()].map((member) => this.leave(member)));
  }

  #holder(member: M, client: KubeClient): LeaseHolder {
    const { identity, timing, clock, random, logger, ended, isFit, failed } = this.#options;
    return new LeaseHolder({
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
      shouldAcquire: () => isFit(member),
      shouldRelease: (lease) => this.#isWanted(lease),
      annotate: (lease) => this.#claim(member, lease),
      annotations: (use, lease) => this.#annotations(use, lease),
      failed: () => failed(member),
    });
  }

  /** A request that is not granted is removed, so that it does not outlive its reason, and neither is that of a replica that is gone. */
  #annotations(use: 'acquire' | 'renew', lease: Lease): Annotations {
    const { known, total } = this.#options.knowledge();
    const knows = { [HOLDER_KNOWS]: `${known}/${total}` };
    const isPending = use === 'renew' && this.#isWanted(lease);
    return isPending ? knows : { ...knows, [WANTED_BY]: null, [WANTED_BY_KNOWS]: null };
  }

  /**
   * Whether another replica requested the Lease that knows more members while this one lacks some, or knows as many and
   * has fewer Leases; to the latter, the last Lease is never released. A replica that only has a newer configuration does
   * not know more: all replicas have it soon.
   */
  #isWanted(lease: Lease): boolean {
    const wantedBy = lease.metadata.annotations?.[WANTED_BY];
    if (wantedBy === undefined || wantedBy === '' || wantedBy === this.#options.identity) return false;
    const { known, total } = this.#options.knowledge();
    const [theirs = known] = countsIn(lease, WANTED_BY_KNOWS) ?? [];
    return theirs > known ? known < total || this.held > 1 : theirs === known && this.held > 1;
  }

  /** Requests a Lease whose holder has known less for a while, or knows no more and has more Leases. */
  #claim(member: M, lease: Lease): Record<string, string> | undefined {
    const { identity, knowledge, isFit } = this.#options;
    const candidacy = this.#candidacies.get(member);
    const holder = lease.spec?.holderIdentity ?? '';
    if (!candidacy || holder === '' || !isFit(member)) return undefined;
    const { known: mine } = knowledge();
    const [theirs = mine, total = theirs] = countsIn(lease, HOLDER_KNOWS) ?? [];
    const isAhead = this.#isAhead(candidacy, mine > theirs && theirs < total);
    if (lease.metadata.annotations?.[WANTED_BY] === identity) return undefined;
    if (!isAhead && (mine < theirs || !this.#isNext(member, holder))) return undefined;
    return { [WANTED_BY]: identity, [WANTED_BY_KNOWS]: String(mine) };
  }

  /** Whether this replica has known more than the holder for long enough. */
  #isAhead(candidacy: Candidacy, isAhead: boolean): boolean {
    const now = this.#options.clock.now();
    candidacy.aheadSince = isAhead ? (candidacy.aheadSince ?? now) : undefined;
    return candidacy.aheadSince !== undefined && now - candidacy.aheadSince >= AHEAD_MS;
  }

  /**
   * Whether the holder has at least two more Leases than this replica, and this is the first one. Every replica reads
   * every Lease, so each knows the distribution; requesting only the first one prevents two replicas from swapping.
   */
  #isNext(member: M, holder: string): boolean {
    const theirs = [...this.#candidacies].filter(
      ([, other]) => !other.holder.held() && other.holder.holder() === holder,
    );
    return theirs.length - this.held >= 2 && theirs[0]?.[0] === member;
  }
}
