/**
 * Who takes part in a fleet. A changed connection, and a cluster that is removed under one name and added under another,
 * is a succession: the successor connects and lists beside the member, and takes its place in one turn of the event
 * loop. Until then the member takes part as before.
 */
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import type { Clock } from '../runtime/clock.ts';
import { Leaving } from './leaving.ts';
import type { Member } from './member.ts';
import { isSameCluster } from './same-cluster.ts';

/** A member and what keeps it connected. */
export interface Running {
  readonly member: Member;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export interface RosterOptions {
  readonly clock: Clock;
  /** Starts a connection. */
  readonly open: (config: MemberConfig) => Running;
  /** Ends a connection that takes no part. */
  readonly close: (running: Running) => void;
  /** Called when a successor takes part from now on; `replaced` no longer do. */
  readonly succeeded: (member: Member, replaced: readonly Running[]) => void;
  /** Whether a removed member may leave, once it has nothing to wait for. */
  readonly mayDepart: (member: Member) => boolean;
  /** Called when a removed member no longer takes part, and can be cleaned up. */
  readonly departed: (member: Member) => void;
}

export class Roster {
  readonly #options: RosterOptions;
  /** By name; includes departed members until {@link remove}. */
  readonly #running = new Map<string, Running>();
  /** By name; the successors of running members. */
  readonly #candidates = new Map<string, Running>();
  readonly #leaving = new Leaving();
  readonly #departed = new Set<Member>();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** Every member that takes part, and departed ones. */
  get members(): Member[] {
    return [...this.#running.values()].map(({ member }) => member);
  }

  /** Successors, which will take part once they are known. */
  get candidates(): Member[] {
    return [...this.#candidates.values()].map(({ member }) => member);
  }

  member(name: string): Member | undefined {
    return this.#running.get(name)?.member;
  }

  /** Whether the member takes part: it is in the configuration, or was removed from it but has not left yet. */
  takesPart(member: Member): boolean {
    return this.member(member.name) === member && !this.#departed.has(member);
  }

  /** Whether the member was removed from the configuration but still takes part. */
  isLeaving(member: Member): boolean {
    return this.#leaving.has(member);
  }

  hasDeparted(member: Member): boolean {
    return this.#departed.has(member);
  }

  /** Whether the member has left, and its cluster is not a member under another name. */
  mayBeCleanedUp(member: Member): boolean {
    return this.#departed.has(member) && !this.#hasTwin(member);
  }

  /** Applies a configuration; {@link review} has to follow. */
  apply({ members }: FleetConfig): void {
    const declared = new Set(members.map(({ name }) => name));
    const removed = this.members.filter(({ name }) => !declared.has(name));
    for (const [name, candidate] of this.#candidates) if (!declared.has(name)) this.#drop(candidate);
    for (const config of members) this.#declare(config);
    const unknown = new Set([...declared].filter((name) => !isKnown(this.#latest(name))));
    for (const member of removed) {
      if (this.#departed.has(member) || this.#leaving.has(member)) continue;
      this.#leaving.add(member, unknown, this.#options.clock.now());
      // It may have been refused because of the member that is leaving.
      for (const other of this.members) if (other !== member && isSameCluster(other, member)) other.retry();
    }
  }

  /** Lets successors that are known take over, and removed members leave whose wait is over. */
  review(): void {
    for (const candidate of this.#readyCandidates()) this.#takeOver(candidate);
    for (const member of this.#leaving.members()) {
      if (this.#isAwaiting(member) || !this.#options.mayDepart(member)) continue;
      this.#leaving.delete(member);
      this.#departed.add(member);
      this.#options.departed(member);
    }
  }

  /**
   * Called when a connection has been identified; returns the member that takes part with the same cluster, so that this
   * one has to be refused. If that member is leaving, this one becomes its successor.
   */
  identified(member: Member): Member | undefined {
    const others = this.members.filter((other) => other.name !== member.name && isSameCluster(other, member));
    const rivals = [...others, ...this.candidates.filter((other) => other !== member && isSameCluster(other, member))];
    const twin = rivals.find((other) => other.isAdmitted && !this.#isReplaced(other));
    if (twin) return twin;
    const running = this.#running.get(member.name);
    if (running?.member === member && others.some((other) => !this.#isStaying(other))) {
      this.#running.delete(member.name);
      this.#candidates.set(member.name, running);
    }
    return undefined;
  }

  /**
   * Whether a member that precedes this one in the configuration may still turn out to be the same cluster. `since` is
   * in ms since the epoch: members that have been connecting for longer do not count.
   */
  isPreceded(member: Member, order: readonly string[], since: number): boolean {
    const earlier = order.slice(0, Math.max(0, order.indexOf(member.name)));
    return earlier.some((name) => {
      const other = this.#latest(name);
      return (
        other?.identity === undefined &&
        other?.state.phase === 'unknown' &&
        !other.state.error &&
        other.startedAt > since
      );
    });
  }

  /** Connects a member again: the new connection takes over when it is known. */
  renew(member: Member): void {
    const candidate = this.#candidates.get(member.name);
    if (candidate && candidate.member !== member) return;
    if (candidate) this.#drop(candidate);
    this.#candidates.set(member.name, this.#options.open(member.declared));
  }

  /** Removes a member, whose connection is then to be closed. */
  remove(member: Member): Running | undefined {
    const running = this.#running.get(member.name);
    if (running?.member !== member) return undefined;
    this.#running.delete(member.name);
    this.#departed.delete(member);
    this.#leaving.delete(member);
    return running;
  }

  /** Removes everything, which is then to be closed. */
  removeAll(): Running[] {
    const all = [...this.#running.values(), ...this.#candidates.values()];
    this.#running.clear();
    this.#candidates.clear();
    this.#departed.clear();
    return all;
  }

  /** Brings one member of the configuration up to date. */
  #declare(config: MemberConfig): void {
    const { name } = config;
    const candidate = this.#candidates.get(name);
    const member = this.member(name);
    if (member) {
      this.#leaving.delete(member);
      if (member.configure(config)) {
        this.#departed.delete(member);
        if (candidate) this.#drop(candidate);
        return;
      }
    }
    if (candidate) {
      const isExpected = this.#predecessors(candidate.member).length > 0;
      if (isExpected && candidate.member.configure(config)) return;
      this.#drop(candidate);
    }
    (member ? this.#candidates : this.#running).set(name, this.#options.open(config));
  }

  #drop(candidate: Running): void {
    this.#candidates.delete(candidate.member.name);
    this.#options.close(candidate);
  }

  /** The connection that the configuration asks for. */
  #latest(name: string): Member | undefined {
    return (this.#candidates.get(name) ?? this.#running.get(name))?.member;
  }

  #isStaying(member: Member): boolean {
    return !this.#leaving.has(member) && !this.#departed.has(member);
  }

  /** Whether another connection will take the member's place, or none. */
  #isReplaced(member: Member): boolean {
    return !this.#isStaying(member) || this.#latest(member.name) !== member;
  }

  /** Members whose place a candidate takes: that of its name, and its own cluster under a name that is leaving. */
  #predecessors(candidate: Member): Member[] {
    return this.members.filter(
      (other) => other.name === candidate.name || (!this.#isStaying(other) && isSameCluster(other, candidate)),
    );
  }

  /** Members that exchange their names take over together, so that no cluster takes part twice. */
  #readyCandidates(): Running[] {
    const ready = new Set(
      [...this.#candidates.values()].filter(
        ({ member }) => member.cache.synced || this.#predecessors(member).length === 0,
      ),
    );
    for (let before = -1; before !== ready.size; ) {
      before = ready.size;
      for (const candidate of ready) if (this.#isBlocked(candidate.member, ready)) ready.delete(candidate);
    }
    return [...ready];
  }

  /** Whether the candidate's cluster takes part under a name whose own successor is not ready. */
  #isBlocked(candidate: Member, ready: ReadonlySet<Running>): boolean {
    const replaced = this.#predecessors(candidate);
    return this.members.some((other) => {
      if (replaced.includes(other) || isRefused(other) || !isSameCluster(other, candidate)) return false;
      const successor = this.#candidates.get(other.name);
      return successor === undefined || !ready.has(successor);
    });
  }

  #takeOver(candidate: Running): void {
    const { member } = candidate;
    const replaced = this.#predecessors(member).flatMap(({ name }) => this.#running.get(name) ?? []);
    this.#candidates.delete(member.name);
    for (const { member: old } of replaced) {
      this.#running.delete(old.name);
      this.#leaving.delete(old);
      this.#departed.delete(old);
    }
    this.#running.set(member.name, candidate);
    this.#options.succeeded(member, replaced);
  }

  /** Whether a removed member still waits for others, or for its own cluster under another name. */
  #isAwaiting(member: Member): boolean {
    if (isRefused(member)) return false;
    for (const name of this.#leaving.awaited(member, this.#options.clock.now())) {
      const joiner = this.#latest(name);
      if (joiner && !isKnown(joiner)) return true;
    }
    return this.#hasTwin(member);
  }

  #hasTwin(member: Member): boolean {
    return [...this.members, ...this.candidates].some((other) => other !== member && isSameCluster(member, other));
  }
}

/** Whether everything is known that decides who it is and what it offers. */
function isKnown(member: Member | undefined): boolean {
  return member === undefined || member.cache.synced || isRefused(member);
}

/** A refused member takes no part. */
function isRefused({ state }: Member): boolean {
  return state.phase === 'refused';
}
