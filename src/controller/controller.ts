/** The controller: hears of keys, reads views, plans, and applies the plans of the members it holds. */
import { isDeepStrictEqual } from 'node:util';
import type { ServiceKey } from '../api/meta.ts';
import { timestamp } from '../api/time.ts';
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import type { Change } from '../core/change.ts';
import { departure } from '../core/departure.ts';
import { desired } from '../core/desired.ts';
import { plan } from '../core/plan.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { EventRecorder } from '../kube/events.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { Writer } from './apply.ts';
import { Election } from './election.ts';
import type { Metrics } from './metrics.ts';
import { Desk } from './reconciler.ts';
import { type FleetStatus, fleetStatus, objectCounts, phaseCounts } from './status.ts';
import type { Queue } from './workqueue.ts';

/** How often silence of members is weighed against the configured times, in ms. */
const REVIEW_MS = 1_000;
/** How long the first plans wait for the next of the members that neither answer nor fail, in ms. */
const SETTLE_MS = 10_000;
/** Between two looks at a member that left and cannot be cleaned by this replica, or not yet, in ms. */
const DEPARTURE_LOOK_MS = 2_000;
/** Waiting between two tries to clean a member that left. */
const DEPARTURE_RETRY: BackoffLimits = { baseMs: 50, capMs: 30_000, factor: 2 };

/** What a controller is made of; everything from outside is handed in. */
export interface ControllerOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  /** Name of this replica on Leases and Events; unique among running processes. */
  readonly identity: string;
  readonly ended: (identity: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What runs for one member. */
interface Station {
  readonly desk: Desk;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  readonly recorder: EventRecorder;
}

/** A member's state as it was last acted upon. */
interface Reviewed {
  /** Whether what it says as a source is told by its own cache, for all that we write to. */
  readonly current: boolean;
  /** The whole of it, to be compared. */
  readonly standing: string;
}

/** Keeps every member of a fleet as the exports of all of them ask for. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #fleet: Fleet;
  readonly #election: Election;
  readonly #writer: Writer;
  readonly #stations = new Map<Member, Station>();
  readonly #reviewed = new WeakMap<Member, Reviewed>();
  /** Members that were waited for when this was last looked at, and since when it has been so many. */
  #awaited: { readonly count: number; readonly since: number };
  readonly #departures = new Set<Promise<void>>();
  #settled = false;
  #stop: AbortSignal | undefined;

  constructor(config: FleetConfig, options: ControllerOptions) {
    const { clock, random, logger, metrics, identity, ended } = options;
    this.#options = options;
    this.#awaited = { count: config.members.length, since: clock.now() };
    this.#fleet = new Fleet(config, {
      connect: options.connect,
      clock,
      random,
      logger,
      listener: {
        sourceChanged: (key, source) => this.#sourceChanged(key, source),
        consumerChanged: (key, consumer) => this.#lookAt(consumer, key),
        memberChanged: () => this.#review(),
      },
      watchRestarted: (member, resource, reason) => metrics.watchRestarted(member, resource, reason),
    });
    this.#election = new Election({
      identity,
      ended,
      timing: config.lease,
      clock,
      random,
      logger,
      acquired: (member) => {
        // What is not known well enough for the new member has to be noticed, so that it is noticed when it is.
        this.#review();
        this.#lookAtAll(member);
      },
      lost: (member) => this.#stations.get(member)?.desk.queue.clear(),
    });
    this.#writer = new Writer({
      mayWrite: (member) => this.#election.holds(member),
      recorder: (member) => this.#stations.get(member)?.recorder,
      clock,
      logger,
      metrics,
    });
    metrics.gauge(() => ({
      members: phaseCounts(this.#fleet),
      leases: this.#election.held,
      objects: objectCounts(this.#fleet),
      queue: {
        depth: this.#total((queue) => queue.depth),
        retrying: this.#total((queue) => queue.retrying),
      },
    }));
  }

  /**
   * Runs until the signal aborts; then takes no new work, finishes the writes in flight and gives the Leases back.
   * Faults of members are retried for ever and end nothing.
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#watch(signal);
    await Promise.all([...this.#stations.values()].map(({ done }) => done));
    await Promise.all(this.#departures);
    await Promise.all([...this.#stations.values()].map(({ recorder }) => recorder.close()));
    await this.#election.close();
    await this.#fleet.close();
  }

  /** Follows a change of the configuration: members join, change and leave. */
  async configure(config: FleetConfig): Promise<void> {
    if (!isDeepStrictEqual(config.lease, this.#fleet.config.lease)) {
      this.#options.logger.warn({}, 'spec.lease changed: it is read at the start, so restart to follow it');
    }
    const left = await this.#fleet.apply(config);
    for (const member of left) {
      const departure = this.#depart(member).finally(() => this.#departures.delete(departure));
      this.#departures.add(departure);
    }
    for (const member of this.#fleet.members) this.#lookAtAll(member);
    this.#review();
  }

  /**
   * What would be written now, without writing: the plans of the next pass, of every member that is listed.
   * Waits until every member is listed or has failed; rejects with the signal's reason when it aborts before.
   */
  async dryRun(signal: AbortSignal): Promise<readonly Change[]> {
    try {
      await this.#fleet.apply(this.#fleet.config);
      while (!this.#isSettled()) await this.#options.clock.sleep(50, signal);
      return this.#fleet.members
        .filter((member) => member.cache.synced)
        .flatMap((member) => [...this.#fleet.keys()].sort().flatMap((key) => this.#plan(member, key)));
    } finally {
      await this.#fleet.close();
    }
  }

  /** How the fleet stands, for /readyz and for people. */
  status(): FleetStatus {
    return fleetStatus(this.#fleet, (member) => this.#election.holds(member));
  }

  async #watch(signal: AbortSignal): Promise<void> {
    this.#stop = signal;
    await this.#fleet.apply(this.#fleet.config);
    while (!signal.aborted) {
      this.#review();
      await this.#options.clock.sleep(REVIEW_MS, signal).catch(() => {});
    }
  }

  /** Acts on what changed in the members' states since it was last looked at. */
  #review(): void {
    if (!this.#stop || this.#stop.aborted) return;
    if (!this.#settled && this.#isSettled()) {
      this.#settled = true;
      for (const member of this.#fleet.members) this.#lookAtAll(member);
    }
    for (const member of this.#fleet.members) {
      this.#openStation(member, this.#stop);
      const source = { known: member.cache.synced, ...this.#fleet.standing(member), behind: this.#isBehind(member) };
      const standing = JSON.stringify(source);
      const before = this.#reviewed.get(member);
      if (before?.standing === standing) continue;
      if (before || source.known) this.#report(member, source);
      const current = source.known && !source.behind;
      this.#reviewed.set(member, { current, standing });
      // What an unknown member once took part in is told by what the others hold of it, not by its own cache.
      const keys = before?.current && current ? member.cache.keys() : this.#fleet.keys();
      this.#fleet.refresh();
      if (!this.#settled) continue;
      this.#lookAtAll(member);
      for (const key of keys) this.#sourceChanged(key, member);
    }
    for (const member of this.#stations.keys()) {
      if (this.#fleet.member(member.name) !== member) void this.#close(member);
    }
  }

  /** Whether some member that we write to was written by a replica that may have known more of this one. */
  #isBehind(member: Member): boolean {
    if (!this.#fleet.isBehind(member, Number.POSITIVE_INFINITY)) return false;
    return [...this.#stations.keys()].some(
      (consumer) => this.#election.holds(consumer) && this.#fleet.isBehind(member, this.#election.heldSince(consumer)),
    );
  }

  #report(member: Member, standing: object): void {
    const { state } = member;
    const logger = this.#options.logger.child({ member: member.name });
    if (state.phase === 'ready') logger.info(standing, 'member is listed and watched');
    else logger.warn({ ...standing, err: state.error }, `member is ${state.phase}`);
  }

  /**
   * Every member that is there has been read once, so that the first plans are made from all that can be known. Many
   * members take their time together: as long as one after the other gets there, the rest is waited for.
   */
  #isSettled(): boolean {
    const now = this.#options.clock.now();
    const count = this.#fleet.members.filter(({ state }) => state.phase === 'unknown' && !state.error).length;
    if (count !== this.#awaited.count) this.#awaited = { count, since: now };
    return count === 0 || now - this.#awaited.since > SETTLE_MS;
  }

  /** Makes the member's desk and Lease, once its connection is there. */
  #openStation(member: Member, signal: AbortSignal): void {
    const { client, clusterId } = member;
    if (this.#stations.has(member) || !client || clusterId === undefined) return;
    const { clock, random, logger, metrics, identity } = this.#options;
    const desk = new Desk({
      member,
      plan: (key, refusal) => this.#plan(member, key, refusal),
      open: () => member.cache.synced && this.#fleet.isMember(member),
      writer: this.#writer,
      clock,
      random,
      logger,
      metrics,
    });
    const stop = new AbortController();
    const station: Station = {
      desk,
      stop,
      done: desk.run(AbortSignal.any([stop.signal, signal])),
      recorder: new EventRecorder({
        client,
        clock,
        random,
        logger: logger.child({ member: member.name }),
        instance: identity,
      }),
    };
    this.#stations.set(member, station);
    this.#election.join(member, client);
  }

  /** Ends what ran for a member that is watched no more. */
  async #close(member: Member): Promise<void> {
    const station = this.#stations.get(member);
    this.#stations.delete(member);
    station?.stop.abort();
    await station?.done;
    await station?.recorder.close();
    await this.#election.leave(member);
  }

  /** The source comes last: it has its own endpoints without us, and the others wait for them. */
  #sourceChanged(key: ServiceKey, source: Member): void {
    if (!this.#settled) return;
    for (const member of this.#fleet.members) {
      if (member !== source && this.#fleet.concerns(key, member)) this.#lookAt(member, key);
    }
    if (this.#fleet.concerns(key, source)) this.#lookAt(source, key);
  }

  #lookAt(member: Member, key: ServiceKey): void {
    if (this.#settled && this.#fleet.isMember(member) && this.#election.holds(member)) {
      this.#stations.get(member)?.desk.queue.add(key);
    }
  }

  #lookAtAll(member: Member): void {
    for (const key of this.#fleet.keys()) if (this.#fleet.concerns(key, member)) this.#lookAt(member, key);
  }

  #plan(member: Member, key: ServiceKey, refusal?: string): readonly Change[] {
    const { consumer, ...rest } = this.#fleet.view(key, member, this.#election.heldSince(member));
    const view = { ...rest, consumer: { ...consumer, ...(refusal !== undefined && { refusal }) } };
    return plan(view, desired(view), timestamp(this.#options.clock.now()));
  }

  #total(count: (queue: Queue<ServiceKey>) => number): number {
    return [...this.#stations.values()].reduce((sum, { desk }) => sum + count(desk.queue), 0);
  }

  /** Cleans a member that left: nothing of ours stays in it. Tries until it is done or the process stops. */
  async #depart(member: Member): Promise<void> {
    const { clock, logger, random } = this.#options;
    const log = logger.child({ member: member.name });
    log.info({}, 'member leaves: cleaning it');
    for (const key of member.cache.keys()) this.#sourceChanged(key, member);
    const station = this.#stations.get(member);
    station?.stop.abort();
    // What is under way there would come after the cleaning.
    await station?.done;
    const backoff = new Backoff(DEPARTURE_RETRY, random);
    while (this.#stop && !this.#stop.aborted && this.#fleet.member(member.name) === member) {
      const keys = member.cache.synced ? [...member.cache.keys()] : [];
      const changes = keys.flatMap((key) => departure(this.#fleet.view(key, member), member.cache.exports.get(key)));
      // The cluster of a refused member is another member's, who keeps what is in it.
      const refused = member.state.phase === 'refused';
      if (refused || (member.cache.synced && changes.length === 0)) {
        log.info({}, 'member left');
        await this.#close(member);
        await this.#fleet.forget(member);
        return;
      }
      const isOurs = member.cache.synced && this.#election.holds(member);
      const { outcome } = isOurs ? await this.#writer.apply(member, changes) : { outcome: 'denied' };
      if (outcome !== 'failed') backoff.reset();
      await clock.sleep(outcome === 'denied' ? DEPARTURE_LOOK_MS : backoff.next(), this.#stop).catch(() => {});
    }
  }
}
