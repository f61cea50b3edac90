/** The controller: turns events of the fleet into keys to reconcile, in the members that this replica may write to. */
import { isDeepStrictEqual } from 'node:util';
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import { Derivations } from '../core/desired/derivations.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { MemberChange } from '../fleet/member-cache.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { apply } from './apply.ts';
import { cleanUp } from './cleanup.ts';
import { Election } from './election.ts';
import { type EventIndex, type FleetEvent, requestsOf } from './enqueue.ts';
import { MemberWorker } from './member-worker.ts';
import type { Gauges, Metrics } from './metrics.ts';
import { changesFor, type ReconcilerOptions } from './reconcile.ts';
import { Settling } from './settling.ts';
import { StandingReview } from './standing-review.ts';
import { type FleetStatus, fleetStatus, gaugesOf } from './status.ts';

/** Interval at which the standing of members is compared with the configured times, in ms. */
const REVIEW_MS = 1_000;

export interface ControllerOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  /** Name of this replica in Leases and Events; unique among running processes. */
  readonly identity: string;
  /** Whether the process with an identity is known to have exited. */
  readonly ended: (identity: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Keeps the members of a fleet up to date with the exports of all of them. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #fleet: Fleet;
  readonly #election: Election;
  readonly #index: EventIndex;
  readonly #workers = new Map<Member, MemberWorker>();
  readonly #derivations = new Derivations();
  readonly #settling = new Settling();
  readonly #review: StandingReview;
  readonly #cleanups = new Set<Promise<void>>();
  /** Members whose predecessors may still write to the same cluster. */
  readonly #waiting = new Map<Member, number>();
  #stop: AbortSignal | undefined;

  constructor(config: FleetConfig, options: ControllerOptions) {
    const { clock, random, logger, metrics, identity, ended } = options;
    this.#options = options;
    this.#fleet = new Fleet(config, {
      connect: options.connect,
      clock,
      random,
      logger,
      changed: (member, change) => this.#handle(eventOf(member, change)),
      memberChanged: () => this.#reviewMembers(),
      watchRestarted: (member, resource, reason) => metrics.watchRestarted(member, resource, reason),
      departed: (member) => this.#cleanUp(member),
      replaced: (member, successor) => this.#handOver(member, successor),
    });
    this.#election = new Election({
      identity,
      ended,
      timing: config.lease,
      clock,
      random,
      logger,
      acquired: (member) => {
        // The knowledge of a source may suffice for the members held so far, but not for this one.
        this.#reviewMembers();
        this.#handle({ kind: 'takeover', member: member.name });
      },
      lost: (member) => this.#workers.get(member)?.queue.clear(),
    });
    this.#review = new StandingReview({
      fleet: this.#fleet,
      writtenSince: () => this.#heldConsumers().map((consumer) => this.#election.heldSince(consumer)),
      logger,
    });
    this.#index = indexOf(this.#fleet);
  }

  /**
   * Runs until the signal aborts; then accepts no new work, finishes writes in flight and releases the Leases. Errors
   * of members are retried indefinitely.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#stop = signal;
    await this.#fleet.apply(this.#fleet.config);
    while (!signal.aborted) {
      this.#reviewMembers();
      await this.#options.clock.sleep(REVIEW_MS, signal).catch(() => {});
    }
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    await Promise.all(this.#cleanups);
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
    await this.#election.close();
    await this.#fleet.close();
  }

  /** Applies a changed configuration: adds, replaces and removes members. */
  async configure(config: FleetConfig): Promise<void> {
    if (!isDeepStrictEqual(config.lease, this.#fleet.config.lease)) {
      this.#options.logger.warn({}, 'spec.lease changed; restart to apply it');
    }
    await this.#fleet.apply(config);
    this.#handle({ kind: 'configured', members: this.#fleet.members.map(({ name }) => name) });
    this.#reviewMembers();
  }

  /** The status of the fleet, for /readyz. */
  status(): FleetStatus {
    return fleetStatus(this.#fleet, (member) => this.#election.holds(member));
  }

  /** The values of the gauges. */
  gauges(): Gauges {
    const queues = [...this.#workers.values()].map(({ queue }) => queue);
    return gaugesOf(this.#fleet, this.#election.held, queues);
  }

  /** Handles changes in the members' standing since the last review. */
  #reviewMembers(): void {
    if (!this.#stop || this.#stop.aborted) return;
    this.#fleet.review();
    const wasSettled = this.#settling.settled;
    this.#settling.update(this.#fleet.members, this.#options.clock.now());
    if (this.#settling.settled && !wasSettled) {
      this.#handle({ kind: 'configured', members: this.#fleet.members.map(({ name }) => name) });
    }
    for (const member of this.#fleet.members) {
      this.#startWorker(member, this.#stop);
      const event = this.#review.update(member);
      if (!event) continue;
      this.#fleet.invalidate();
      this.#handle(event);
    }
    for (const member of this.#workers.keys()) {
      if (this.#fleet.member(member.name) !== member) void this.#endWorker(member);
    }
  }

  /** Members that this replica writes to. */
  #heldConsumers(): readonly Member[] {
    return [...this.#workers.keys()].filter((consumer) => this.#election.holds(consumer));
  }

  /** Starts the member's worker and its candidacy for the Lease, once it is connected. */
  #startWorker(member: Member, signal: AbortSignal): void {
    const { client, clusterId } = member;
    if (this.#workers.has(member) || this.#waiting.has(member) || !client || clusterId === undefined) return;
    const { clock, random, logger, metrics, identity } = this.#options;
    const worker = new MemberWorker({
      client,
      view: (key) => this.#fleet.view(key, member, this.#election.heldSince(member)),
      changes: (view) => changesFor(view, this.#derivations, clock.now()),
      apply: (recorder) => this.#applyTo(member, recorder),
      isOpen: () => member.cache.synced && this.#fleet.isMember(member),
      clock,
      random,
      logger: logger.child({ member: member.name }),
      metrics,
      identity,
    });
    this.#workers.set(member, worker);
    worker.run(signal);
    this.#election.join(member, client);
  }

  /** Stops the worker and the candidacy of a member that is no longer watched. */
  async #endWorker(member: Member): Promise<void> {
    const worker = this.#workers.get(member);
    this.#workers.delete(member);
    await worker?.close();
    await this.#election.leave(member);
  }

  #applyTo(member: Member, recorder: EventRecorder | undefined): ReconcilerOptions['apply'] {
    const { clock, logger, metrics } = this.#options;
    return (changes) =>
      apply(member, changes, {
        mayWrite: () =>
          this.#election.holds(member) && (this.#fleet.isMember(member) || this.#fleet.mayBeCleanedUp(member)),
        ...(recorder && { recorder }),
        clock,
        logger: logger.child({ member: member.name }),
        metrics,
      });
  }

  #handle(event: FleetEvent): void {
    if (!this.#settling.settled) return;
    for (const { member: name, key } of requestsOf(event, this.#index)) {
      const member = this.#fleet.member(name);
      if (member && this.#fleet.isMember(member) && this.#election.holds(member)) {
        this.#workers.get(member)?.queue.add(key);
      }
    }
  }

  /**
   * Ends the work on a member that a successor replaces. The successor's work starts afterwards, since both may write to
   * the same cluster with the same Lease.
   */
  async #handOver(member: Member, successor: Member): Promise<void> {
    this.#handle({ kind: 'left', member: member.name });
    this.#waiting.set(successor, (this.#waiting.get(successor) ?? 0) + 1);
    await this.#endWorker(member);
    const left = (this.#waiting.get(successor) ?? 1) - 1;
    if (left > 0) this.#waiting.set(successor, left);
    else this.#waiting.delete(successor);
    this.#reviewMembers();
  }

  /** Starts the cleanup of a removed member. */
  #cleanUp(member: Member): void {
    const cleanup = this.#depart(member).finally(() => this.#cleanups.delete(cleanup));
    this.#cleanups.add(cleanup);
  }

  /** Cleans up a removed member, with retries until success, until it is a member again or until the process stops. */
  async #depart(member: Member): Promise<void> {
    const { clock, logger, random } = this.#options;
    const log = logger.child({ member: member.name });
    log.info({}, 'member removed, cleaning up');
    this.#handle({ kind: 'left', member: member.name });
    const worker = this.#workers.get(member);
    // Otherwise writes in flight could follow the cleanup.
    await worker?.stop();
    if (!this.#stop) return;
    const isHeld = (): boolean => this.#election.holds(member);
    const options = { fleet: this.#fleet, isHeld, apply: this.#applyTo(member, worker?.recorder), clock, random };
    const isClean = await cleanUp(member, options, this.#stop);
    if (this.#stop.aborted) return;
    await this.#endWorker(member);
    if (isClean) {
      log.info({}, 'member cleaned up');
      await this.#fleet.forget(member);
    } else this.#reviewMembers();
  }
}

function eventOf({ name: member }: Member, change: MemberChange): FleetEvent {
  switch (change.side) {
    case 'source':
    case 'consumer':
      return { kind: change.side, member, key: change.key };
    case 'namespace':
      return { kind: 'namespace', member, namespace: change.namespace };
    case 'place':
      return { kind: 'place', member, service: change.derived };
  }
}

function indexOf(fleet: Fleet): EventIndex {
  const { index } = fleet;
  return {
    keys: () => index.keys(),
    keysIn: (namespace) => index.keysIn(namespace),
    heldBy: (member) => index.heldBy(member),
    isAffected: (key, member) => index.isAffected(key, member),
    affected: (key) => index.affected(key),
    keysAt: (service, name) => {
      const member = fleet.member(name);
      return member ? fleet.keysAt(service, member) : [];
    },
  };
}
