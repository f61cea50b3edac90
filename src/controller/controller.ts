/** The controller: turns events of the fleet into keys to reconcile, in the members that this replica may write to. */
import { isDeepStrictEqual } from 'node:util';
import type { ServiceKey } from '../api/meta.ts';
import type { FleetConfig } from '../config/fleet-config.ts';
import { Derivations } from '../core/desired/derivations.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { EventRecorder } from '../kube/events.ts';
import { LoopPace, type Pace } from '../runtime/pace.ts';
import { apply } from './apply.ts';
import { cleanUp } from './cleanup.ts';
import type { ControllerOptions } from './controller-options.ts';
import { Dispatch } from './dispatch.ts';
import { EditGuard } from './edit-guard.ts';
import { Election, type Knowledge } from './election.ts';
import type { EventIndex, FleetEvent } from './enqueue.ts';
import { eventOf, indexOf, observed } from './fleet-events.ts';
import { MemberWorker } from './member-worker.ts';
import type { Gauges } from './metrics.ts';
import { type Reported, reportOutage } from './outage-report.ts';
import { Places } from './places.ts';
import { changesFor, type ReconcilerOptions } from './reconcile.ts';
import { membersConcerned } from './reload.ts';
import { Settling } from './settling.ts';
import { StandingReview } from './standing-review.ts';
import { type FleetStatus, fleetStatus, gaugesOf } from './status.ts';
import type { Workqueue } from './workqueue.ts';

/** Interval at which the standing of members is compared with the configured times, in ms. */
const REVIEW_MS = 1_000;

/** Keeps the members of a fleet up to date with the exports of all of them. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly fleet: Fleet;
  readonly #election: Election<Member>;
  readonly #index: EventIndex;
  readonly #dispatch: Dispatch;
  readonly #workers = new Map<Member, MemberWorker>();
  readonly #derivations = new Derivations();
  readonly #settling = new Settling();
  readonly #review: StandingReview;
  readonly #guard: EditGuard;
  readonly #cleanups = new Set<Promise<void>>();
  readonly #shared: { readonly pace: Pace; readonly places: Places };
  /** Members whose predecessors may still write to the same cluster. */
  readonly #waiting = new Map<Member, number>();
  #knowledge: Knowledge = { known: 0, total: 0 };
  #stop: AbortSignal | undefined;

  constructor(config: FleetConfig, options: ControllerOptions) {
    const { clock, random, logger, metrics, identity, ended, observer } = options;
    this.#options = options;
    this.#shared = { pace: options.pace ?? new LoopPace(), places: new Places() };
    this.fleet = new Fleet(config, {
      connect: options.connect,
      pace: this.#shared.pace,
      clock,
      random,
      logger,
      ...observed(observer, {
        changed: (member, change) => this.#handle(eventOf(member, change)),
        memberChanged: (member) => this.#reviewMember(member),
      }),
      watchRestarted: (member, resource, reason) => metrics.watchRestarted(member, resource, reason),
      mayDepart: (member) => this.#guard.mayDepart(member),
      departed: (member) => this.#cleanUp(member),
      replaced: (member, successor) => this.#handOver(member, successor),
    });
    this.#election = new Election({
      identity,
      ended,
      timing: config.lease,
      isFit: (member) => this.#settling.settled && member.cache.synced,
      knowledge: () => this.#knowledge,
      clock,
      random,
      logger,
      acquired: (member, continuous) => this.#takeOver(member, continuous),
      lost: () => {}, // the queue is closed as long as the Lease is not held
      failed: ({ name }) => metrics.leaseFailed(name),
    });
    this.#review = new StandingReview({
      fleet: this.fleet,
      writtenSince: () => this.#heldConsumers().map((consumer) => this.#election.heldSince(consumer)),
      logger,
    });
    this.#guard = new EditGuard({ fleet: this.fleet, pace: this.#shared.pace, logger });
    this.#index = indexOf(this.fleet);
    this.#dispatch = new Dispatch(this.#index, this.#shared.pace, (member) => this.#queueOf(member));
  }

  /**
   * Runs until the signal aborts; then accepts no new work, finishes writes in flight and releases the Leases. Errors
   * of members are retried indefinitely.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#stop = signal;
    await this.fleet.apply(this.fleet.config);
    while (!signal.aborted) {
      this.#reviewMembers();
      await this.#options.clock.sleep(REVIEW_MS, signal).catch(() => {});
    }
    const workers = [...this.#workers.values()];
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(this.#cleanups);
    await Promise.all(workers.map((worker) => worker.close()));
    await this.#election.close();
    await this.fleet.close();
  }

  /** Applies a changed configuration: adds, replaces and removes members. */
  async configure(config: FleetConfig): Promise<void> {
    if (!isDeepStrictEqual(config.lease, this.fleet.config.lease)) {
      this.#options.logger.warn({}, 'spec.lease changed; restart to apply it');
    }
    const admitted = await this.#guard.admit(config);
    const concerned = membersConcerned(this.fleet.config, admitted);
    await this.fleet.apply(admitted);
    this.#handle({ kind: 'configured', members: concerned });
    this.#reviewMembers();
  }

  status(): FleetStatus {
    return fleetStatus(this.fleet, (member) => this.#election.writerOf(member), this.#guard.held);
  }

  gauges(): Gauges {
    const queues = [...this.#workers.values()].map(({ queue }) => queue);
    const holds = (member: Member) => this.#election.holds(member);
    return gaugesOf({ fleet: this.fleet, holds, queues, held: this.#guard.held, now: this.#options.clock.now() });
  }

  /** Handles changes in the members' standing since the last review. */
  #reviewMembers(): void {
    if (!this.#stop || this.#stop.aborted) return;
    this.fleet.review();
    for (const member of this.fleet.members) this.#reviewMember(member);
    const outdated = [...this.#workers.keys()].filter((member) => this.fleet.member(member.name) !== member);
    for (const member of outdated) void this.#endWorker(member);
    const members = this.fleet.members.filter((member) => this.fleet.isMember(member));
    this.#knowledge = {
      known: members.filter((member) => this.fleet.isCurrent(member)).length,
      total: members.length,
    };
    for (const [member, { queue }] of this.#workers) {
      // Another replica has written since, so that everything is reconciled if the Lease comes back.
      if (!this.#election.holds(member) && !this.#election.mayResume(member)) queue.clear();
    }
  }

  #reviewMember(member: Member): void {
    // A successor is not a member before it takes over.
    if (!this.#stop || this.#stop.aborted || this.fleet.member(member.name) !== member) return;
    this.#settle();
    this.#startWorker(member, this.#stop);
    const change = this.#review.update(member);
    if (!change) return;
    this.fleet.invalidate();
    this.#handle({ kind: 'standing', member: member.name, ...change });
    if (change.isReachable !== change.wasReachable) {
      reportOutage(member.name, change.isReachable, this.#index, (name) => this.#reportedIn(name));
    }
    // It may be fit for the Lease now.
    this.#election.nudge(member);
  }

  /** Begins to write once the members have been listed. */
  #settle(): void {
    if (this.#settling.settled) return;
    this.#settling.update(this.fleet.members, this.#options.clock.now());
    if (this.#settling.settled) for (const member of this.fleet.members) this.#election.nudge(member);
  }

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
      view: (key) => this.fleet.view(key, member, this.#election.heldSince(member)),
      mayWrite: () => this.#election.holds(member),
      ...this.#shared,
      changes: (view) => changesFor(view, this.#derivations, clock.now()),
      apply: (recorder) => this.#applyTo(member, recorder),
      isOpen: () => member.cache.synced && this.fleet.isMember(member),
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
    const { clock, logger, writes } = this.#options;
    return (changes, signal, key) =>
      apply(member, changes, {
        ...this.#options,
        mayWrite: () =>
          this.#election.holds(member) && (this.fleet.isMember(member) || this.fleet.mayBeCleanedUp(member)),
        signal,
        ...(recorder && { recorder }),
        logger: logger.child({ member: member.name }),
        wrote: (change, written) => writes?.add(change, { at: clock.now(), key, ...written }),
      });
  }

  /**
   * Continues where this replica stopped, if it was the last one to write to the member: its queue has what changed
   * since. Otherwise every key of the member is reconciled.
   */
  #takeOver(member: Member, continuous: boolean): void {
    const queue = this.#workers.get(member)?.queue;
    if (!continuous) {
      queue?.clear();
      // The knowledge of a source may suffice for the members held so far, but not for this one.
      if (this.fleet.hasBehind(this.#election.heldSince(member))) this.#reviewMembers();
      this.#handle({ kind: 'takeover', member: member.name });
    }
    queue?.wake();
  }

  #handle(event: FleetEvent): void {
    if (this.#settling.settled) this.#dispatch.handle(event);
  }

  /** The queue of a member that this replica writes to, or may resume to write to. */
  #queueOf(name: string): Workqueue<ServiceKey> | undefined {
    const member = this.fleet.member(name);
    if (!member || !this.fleet.isMember(member)) return undefined;
    const writes = this.#election.holds(member) || this.#election.mayResume(member);
    return writes ? this.#workers.get(member)?.queue : undefined;
  }

  /** Where an outage is reported in a member that this replica writes to. */
  #reportedIn(name: string): Reported | undefined {
    const member = this.fleet.member(name);
    const recorder = member && this.#workers.get(member)?.recorder;
    const lease = member && this.#election.holds(member) ? this.#election.leaseOf(member) : undefined;
    return lease && recorder && { lease, recorder };
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
    const options = { fleet: this.fleet, isHeld, apply: this.#applyTo(member, worker?.recorder), clock, random };
    const isClean = await cleanUp(member, options, this.#stop);
    if (this.#stop.aborted) return;
    await this.#endWorker(member);
    if (isClean) {
      log.info({}, 'member cleaned up');
      await this.fleet.forget(member);
    } else this.#reviewMembers();
  }
}
