/** The controller: hears of keys, reads views, plans, and applies the plans of the members it holds. */
import { isDeepStrictEqual } from 'node:util';
import type { ServiceKey } from '../api/meta.ts';
import type { Clock, Logger, Random } from '../api/runtime.ts';
import type { Change } from '../core/change.ts';
import { departure } from '../core/departure.ts';
import { desired } from '../core/desired.ts';
import { plan } from '../core/plan.ts';
import type { FleetConfig, MemberConfig } from '../fleet/config.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { KubeClient } from '../kube/client.ts';
import { EventRecorder } from '../kube/events.ts';
import { Election } from './election.ts';
import type { Metrics } from './metrics.ts';
import { type Outcome, Queue } from './queue.ts';
import { type FleetStatus, fleetStatus, objectCounts, phaseCounts } from './status.ts';
import { Writer } from './writer.ts';

/** Reconciles of one member at a time; the client bounds the requests below that. */
const WORKERS_PER_MEMBER = 16;
/** Passes over one key, each with writes, after which something must be undoing them. */
const MOST_PASSES = 20;
/** How often silence of members is weighed against the configured times, in ms. */
const REVIEW_MS = 1_000;
/** How long the first plans wait for members that neither answer nor fail, in ms. */
const SETTLE_MS = 10_000;
/** Between two tries to clean a member that left, in ms. */
const DEPARTURE_RETRY_MS = 2_000;

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
interface Desk {
  readonly queue: Queue<ServiceKey>;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  readonly recorder: EventRecorder | undefined;
  /** Passes with writes since the last one without, by key. */
  readonly passes: Map<ServiceKey, number>;
  /** The member's state as it was last acted upon. */
  reviewed: string;
}

/** Keeps every member of a fleet as the exports of all of them ask for. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #fleet: Fleet;
  readonly #election: Election;
  readonly #writer: Writer;
  readonly #desks = new Map<Member, Desk>();
  readonly #startedAt: number;
  readonly #departures = new Set<Promise<void>>();
  #settled = false;
  #stop: AbortSignal | undefined;

  constructor(config: FleetConfig, options: ControllerOptions) {
    const { clock, random, logger, metrics, identity, ended } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#fleet = new Fleet(config, {
      connect: options.connect,
      clock,
      random,
      logger,
      listener: {
        keyChanged: (key, member) => this.#keyChanged(key, member),
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
      acquired: (member) => this.#lookAtAll(member),
      lost: (member) => this.#desks.get(member)?.queue.clear(),
    });
    this.#writer = new Writer({
      mayWrite: (member) => this.#election.holds(member),
      recorder: (member) => this.#desks.get(member)?.recorder,
      clock,
      logger,
      metrics,
    });
    metrics.gauge(() => ({
      members: phaseCounts(this.#fleet),
      leases: this.#election.held,
      objects: objectCounts(this.#fleet),
      queue: {
        depth: [...this.#desks.values()].reduce((sum, desk) => sum + desk.queue.depth, 0),
        retrying: [...this.#desks.values()].reduce((sum, desk) => sum + desk.queue.retrying, 0),
      },
    }));
  }

  /**
   * Runs until the signal aborts; then takes no new work, finishes the writes in flight and gives the Leases back.
   * Faults of members are retried for ever and end nothing.
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#watch(signal);
    await Promise.all([...this.#desks.values()].map((desk) => desk.done));
    await Promise.all(this.#departures);
    await Promise.all([...this.#desks.values()].map((desk) => desk.recorder?.close()));
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
   * Waits until every member is listed or has failed.
   */
  async dryRun(signal: AbortSignal): Promise<readonly Change[]> {
    await this.#fleet.apply(this.#fleet.config);
    while (!signal.aborted && !this.#isSettled()) await this.#options.clock.sleep(50, signal);
    const changes = this.#fleet.members
      .filter((member) => member.cache.synced)
      .flatMap((member) => [...this.#fleet.keys()].sort().flatMap((key) => this.#plan(member, key)));
    await this.#fleet.close();
    return changes;
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
      const desk = this.#deskOf(member, this.#stop);
      if (!desk) continue;
      const source = { known: member.cache.synced, ...this.#fleet.standing(member) };
      const standing = JSON.stringify(source);
      if (desk.reviewed === standing) continue;
      if (desk.reviewed !== '' || source.known) this.#report(member, source);
      desk.reviewed = standing;
      this.#fleet.refresh();
      if (source.known) {
        this.#lookAtAll(member);
        for (const key of member.cache.keys()) this.#keyChanged(key, undefined);
      }
    }
    for (const member of this.#desks.keys()) {
      if (this.#fleet.member(member.name) !== member) void this.#close(member);
    }
  }

  #report(member: Member, standing: object): void {
    const { state } = member;
    const logger = this.#options.logger.child({ member: member.name });
    if (state.phase === 'ready') logger.info(standing, 'member is listed and watched');
    else
      logger.warn(
        { ...standing, err: state.phase === 'unknown' ? state.error : state.error },
        `member is ${state.phase}`,
      );
  }

  /** Every member that is there has been read once, so that the first plans are made from all that can be known. */
  #isSettled(): boolean {
    const waiting = this.#fleet.members.some(({ state }) => state.phase === 'unknown' && !state.error);
    return !waiting || this.#options.clock.now() - this.#startedAt > SETTLE_MS;
  }

  /** The member's queue and Lease, made when its connection is there. */
  #deskOf(member: Member, signal: AbortSignal): Desk | undefined {
    const held = this.#desks.get(member);
    const { client, clusterId } = member;
    if (held || !client || clusterId === undefined) return held;
    const { clock, random, logger, identity } = this.#options;
    const stop = new AbortController();
    const queue = new Queue<ServiceKey>({ clock, random, workers: WORKERS_PER_MEMBER });
    const desk: Desk = {
      queue,
      stop,
      done: queue.run((key) => this.#reconcile(member, key), AbortSignal.any([stop.signal, signal])),
      recorder: new EventRecorder({ client, clock, logger: logger.child({ member: member.name }), instance: identity }),
      passes: new Map(),
      reviewed: '',
    };
    this.#desks.set(member, desk);
    this.#election.join(member, client);
    return desk;
  }

  /** Ends what ran for a member that is watched no more. */
  async #close(member: Member): Promise<void> {
    const desk = this.#desks.get(member);
    this.#desks.delete(member);
    desk?.stop.abort();
    await desk?.done;
    await desk?.recorder?.close();
    await this.#election.leave(member);
  }

  #keyChanged(key: ServiceKey, member: Member | undefined): void {
    if (member) {
      this.#lookAt(member, key);
      return;
    }
    for (const each of this.#fleet.members) if (this.#fleet.concerns(key, each)) this.#lookAt(each, key);
  }

  #lookAt(member: Member, key: ServiceKey): void {
    if (this.#settled && this.#fleet.isMember(member) && this.#election.holds(member)) {
      this.#desks.get(member)?.queue.add(key);
    }
  }

  #lookAtAll(member: Member): void {
    for (const key of this.#fleet.keys()) if (this.#fleet.concerns(key, member)) this.#lookAt(member, key);
  }

  #plan(member: Member, key: ServiceKey): readonly Change[] {
    const view = this.#fleet.view(key, member);
    return plan(view, desired(view), timestamp(this.#options.clock.now()));
  }

  /** Read the view, plan, apply. Everything else is told by the next key. */
  async #reconcile(member: Member, key: ServiceKey): Promise<Outcome> {
    const { clock, logger, metrics } = this.#options;
    const started = clock.now();
    try {
      if (!member.cache.synced || !this.#fleet.isMember(member)) return 'done';
      const changes = this.#plan(member, key);
      if (changes.length === 0) return this.#settledKey(member, key);
      const result = await this.#writer.apply(member, changes);
      metrics.reconciled(result, clock.now() - started);
      if (result === 'denied') return 'done';
      // After a write the next step may be possible, such as the owner's UID for what it owns.
      return result === 'failed' ? 'failed' : this.#nextPass(member, key, changes);
    } catch (err) {
      logger.error({ member: member.name, service: key, err }, 'reconcile failed');
      metrics.reconciled('error', clock.now() - started);
      return 'failed';
    }
  }

  #settledKey(member: Member, key: ServiceKey): Outcome {
    this.#desks.get(member)?.passes.delete(key);
    return 'done';
  }

  /** Another pass at once; after too many, later and later: an admission webhook or another controller undoes our writes. */
  #nextPass(member: Member, key: ServiceKey, changes: readonly Change[]): Outcome {
    const passes = this.#desks.get(member)?.passes;
    const count = (passes?.get(key) ?? 0) + 1;
    passes?.set(key, count);
    if (count <= MOST_PASSES) return 'again';
    const last = changes.map(({ op, resource, name, why }) => `${op} ${resource}/${name}: ${why}`);
    this.#options.logger.warn({ member: member.name, service: key, last }, 'writes do not last: somebody undoes them');
    return 'failed';
  }

  /** Cleans a member that left: nothing of ours stays in it. Tries until it is done or the process stops. */
  async #depart(member: Member): Promise<void> {
    const { clock, logger } = this.#options;
    const log = logger.child({ member: member.name });
    log.info({}, 'member leaves: cleaning it');
    for (const key of member.cache.keys()) this.#keyChanged(key, undefined);
    while (this.#stop && !this.#stop.aborted && this.#fleet.member(member.name) === member) {
      if (member.cache.synced && this.#election.holds(member)) {
        const keys = [...member.cache.keys()];
        const changes = keys.flatMap((key) => departure(this.#fleet.view(key, member), member.cache.exports.get(key)));
        if (changes.length === 0) {
          log.info({}, 'member left');
          await this.#close(member);
          await this.#fleet.forget(member);
          return;
        }
        await this.#writer.apply(member, changes);
      }
      await clock.sleep(this.#election.holds(member) ? 50 : DEPARTURE_RETRY_MS, this.#stop).catch(() => {});
    }
  }
}

/** RFC 3339 in UTC to the second, as metav1.Time has it. */
function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
