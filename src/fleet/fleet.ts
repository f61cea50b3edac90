/** The members of a fleet, and views of their objects. */
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { ConsumerView, KnownSource } from '../core/view.ts';
import { CurrentNames } from './current-names.ts';
import type { FleetOptions } from './fleet-options.ts';
import { FleetRules } from './fleet-rules.ts';
import { KeyIndex } from './key-index.ts';
import { Member } from './member.ts';
import type { MemberChange } from './member-cache.ts';
import { duplicate, isNamesake, NAMESAKE, refuseClaim } from './refusal.ts';
import { Roster, type Running } from './roster.ts';
import { isSameCluster } from './same-cluster.ts';
import { Staleness } from './staleness.ts';
import { type ServiceView, Views } from './views.ts';

/** How long members that precede one in the file are waited for when it is first identified, in ms. */
const ORDER_MS = 1_000;
const ORDER_POLL_MS = 20;

/** The members of a clusterset; they join and leave at run time, following the configuration. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #roster: Roster;
  /** Connections that are being closed. */
  readonly #closing = new Set<Promise<void>>();
  readonly #index = new KeyIndex();
  readonly #staleness: Staleness;
  readonly #views: Views;
  readonly #rules: FleetRules;
  readonly #names = new CurrentNames();

  constructor(config: FleetConfig, options: FleetOptions) {
    this.#rules = new FleetRules(config);
    this.#options = options;
    this.#roster = new Roster({
      clock: options.clock,
      open: (declared) => this.#open(declared),
      close: (running) => this.#close(running),
      succeeded: (member, replaced) => this.#succeeded(member, replaced),
      mayDepart: (member) => options.mayDepart?.(member) ?? true,
      departed: (member) => {
        this.invalidate();
        options.departed?.(member);
      },
    });
    this.#staleness = new Staleness(options.clock, () => this.#rules.config);
    this.#views = new Views({
      access: (member) => this.#rules.of(member),
      members: () => this.members.filter((member) => this.isMember(member)),
      isMember: (member) => this.isMember(member),
      holders: (key) => [...this.#index.holders(key)].flatMap((name) => this.member(name) ?? []),
      staleness: this.#staleness,
      currentName: (name) => this.#names.of(name),
    });
  }

  get config(): FleetConfig {
    return this.#rules.config;
  }

  /** Every watched member, including removed ones. */
  get members(): Member[] {
    return this.#roster.members;
  }

  /** Connections that take over from members, or join, once they are known. */
  get successors(): Member[] {
    return this.#roster.candidates;
  }

  member(name: string): Member | undefined {
    return this.#roster.member(name);
  }

  /** Which members a key affects. */
  get index(): Omit<KeyIndex, 'setHeld' | 'setConsumes' | 'noteSource' | 'remove'> {
    return this.#index;
  }

  /**
   * Applies a configuration as one transition. Settings apply at once; a changed connection takes over when it is known.
   * A removed member stays until the members that are still unknown have responded, since one of them may be the same
   * cluster under another name, which takes over.
   */
  async apply(config: FleetConfig): Promise<void> {
    this.#rules.configure(config);
    this.#roster.apply(config);
    for (const member of this.members) {
      // Other networks may require another look at every endpoint of the member; until then, the former rules apply to it.
      const turn = this.#options.pace?.turn('bulk');
      if (turn) await turn;
      this.#rules.apply(member, this.isLeaving(member));
      this.#indexNamespaces(member);
    }
    this.invalidate();
    this.review();
  }

  /** Completes transitions whose wait is over. */
  review(): void {
    this.#roster.review();
  }

  /** Whether the member takes part: it is in the configuration, or was removed from it but has not left yet. */
  isMember(member: Member): boolean {
    return this.#roster.takesPart(member);
  }

  /** Whether the member was removed from the configuration but still takes part. */
  isLeaving(member: Member): boolean {
    return this.#roster.isLeaving(member);
  }

  /** Whether the member has left, and is watched until it has been cleaned up. */
  hasDeparted(member: Member): boolean {
    return this.#roster.hasDeparted(member);
  }

  /** Whether the member has left, and its cluster is not a member under another name. */
  mayBeCleanedUp(member: Member): boolean {
    return this.#roster.mayBeCleanedUp(member);
  }

  /** Stops watching a member and closes its connection. */
  async forget(member: Member): Promise<void> {
    const running = this.#roster.remove(member);
    if (!running) return;
    this.#staleness.forget(member);
    this.#index.remove(member.name);
    this.invalidate();
    this.review();
    await stop(running);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#roster.removeAll().map(stop), ...this.#closing]);
  }

  /**
   * Everything known of one name, from the perspective of one consumer. `writtenSince` is the time since which no other
   * replica has written to the consumer, in ms since the epoch (default: ignored).
   */
  view(key: ServiceKey, consumer: Member, writtenSince?: number): ServiceView {
    return this.#views.view(key, consumer, writtenSince);
  }

  /** The observed objects of a name in one consumer. */
  consumer(key: ServiceKey, member: Member): ConsumerView {
    return this.#views.consumer(key, member);
  }

  /** Discards everything that was computed from the members' states. */
  invalidate(): void {
    this.#views.invalidateAll();
  }

  /** Whether a replica that wrote before that time, in ms since the epoch, may have known more of any member. */
  hasBehind(writtenSince: number): boolean {
    return this.#staleness.behind(writtenSince).length > 0;
  }

  /** Whether a replica that wrote before that time, in ms since the epoch, may have known more of the member. */
  isBehind(member: Member, writtenSince: number): boolean {
    return this.#staleness.isBehind(member, writtenSince);
  }

  /** Whether the member has been listed and responds, so that its present state is known. */
  isCurrent(member: Member): boolean {
    return this.isMember(member) && member.cache.synced && this.standing(member) === 'current';
  }

  standing(member: Member): KnownSource['standing'] {
    return this.#staleness.standing(member);
  }

  /** Whether the member has been silent for too short a time to be reported on every import. */
  isBrief(member: Member): boolean {
    return this.#staleness.isBrief(member);
  }

  /** Keys whose derived Service in a member has that namespace and name. Only a shortened name needs a search. */
  keysAt(service: ServiceKey, { config: { derivedPrefix } }: Member): Iterable<ServiceKey> {
    const { namespace, name } = splitKey(service);
    const plain = name.slice(derivedPrefix.length);
    if (derivedServiceName(derivedPrefix, plain) === name && name.length < 63) return [serviceKey(namespace, plain)];
    const isHere = (key: ServiceKey) => derivedServiceName(derivedPrefix, splitKey(key).name) === name;
    return [...this.#index.keysIn(namespace)].filter(isHere);
  }

  #open(config: MemberConfig): Running {
    const { clock, random, watchRestarted, memberChanged } = this.#options;
    const logger = this.#options.logger.child({ member: config.name });
    const stop = new AbortController();
    const member: Member = new Member({
      config,
      fleet: this.#rules.context,
      connect: () => this.#options.connect(config),
      clock,
      random,
      logger,
      changed: (change) => this.#changed(member, change),
      stateChanged: () => {
        if (this.member(member.name) === member) this.#staleness.note(member);
        this.invalidate();
        this.review();
        memberChanged(member);
      },
      watchRestarted: (resource, reason) => watchRestarted(config.name, resource, reason),
      admit: (signal) => this.#admit(member, signal),
      outdated: () => this.#roster.renew(member),
    });
    const done = member.run(stop.signal).catch((err: unknown) => {
      logger.error({ err }, 'member stopped by an internal error');
    });
    logger.info({}, this.member(config.name) ? 'member connection is being replaced' : 'member added');
    return { member, stop, done };
  }

  #close(running: Running, after: Promise<void> = Promise.resolve()): void {
    const closing = after.then(() => stop(running)).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #succeeded(member: Member, replaced: readonly Running[]): void {
    const { logger, replaced: notify, memberChanged } = this.#options;
    const log = logger.child({ member: member.name });
    this.invalidate();
    for (const running of replaced) {
      const { member: old } = running;
      this.#names.rename(old.name, member.name);
      if (old.name !== member.name) log.info({ formerly: old.name }, 'member renamed');
      else if (!old.identity || isSameCluster(old, member)) log.info({}, 'member has a new connection');
      else {
        const fields = { clusterId: member.identity?.uid, formerly: old.identity.uid };
        log.warn(fields, 'member is another cluster now; what Catamaran created in the former one stays there');
      }
      this.#close(running, notify?.(old, member));
      this.#staleness.forget(old);
      this.#index.remove(old.name);
    }
    this.#rules.apply(member, false);
    for (const key of member.cache.held()) this.#index.setHeld(member.name, key, true);
    this.#indexNamespaces(member);
    memberChanged(member);
  }

  /**
   * Decides whether an identified cluster may be a member. Of several names for one cluster, the first in the file is
   * the member, whichever responds first, except that a member is never displaced.
   *
   * @throws CTM_MEMBER_DUPLICATE or CTM_MEMBER_IDENTITY
   */
  async #admit(member: Member, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const since = clock.now() - ORDER_MS;
    const order = this.config.members.map(({ name }) => name);
    for (const until = clock.now() + ORDER_MS; clock.now() < until; await clock.sleep(ORDER_POLL_MS, signal)) {
      if (!this.#roster.isPreceded(member, order, since)) break;
    }
    refuseClaim(member, this.config);
    const twin = this.#roster.identified(member);
    if (twin) throw duplicate(member, twin);
    const namesake = this.members.find((other) => other.name !== member.name && isNamesake(other, member));
    if (namesake) logger.warn({ member: member.name, like: namesake.name }, NAMESAKE);
  }

  #changed(member: Member, change: MemberChange): void {
    if (this.member(member.name) !== member) return;
    if (change.side === 'source' || change.side === 'consumer') {
      const { key } = change;
      this.#index.setHeld(member.name, key, member.cache.holds(key));
      if (change.side === 'source') this.#views.invalidate(key);
      else {
        for (const source of member.cache.sourcesNamed(key)) this.#index.noteSource(source, key);
        if (this.#views.consumerChanged(key, member)) this.#options.changed(member, { side: 'source', key });
      }
    } else if (change.side === 'namespace') {
      this.#indexNamespace(member, change.namespace);
      // A member is not reconciled while it is being listed; afterwards, all of its keys are.
      if (!member.cache.synced) return;
    }
    this.#options.changed(member, change);
  }

  #indexNamespace(member: Member, namespace: string): void {
    const phase = member.cache.namespaces.get(namespace);
    this.#index.setConsumes(member.name, namespace, phase === 'Active' && this.#rules.imports(member, namespace));
  }

  #indexNamespaces(member: Member): void {
    for (const namespace of member.cache.namespaces.names()) this.#indexNamespace(member, namespace);
  }
}

async function stop(running: Running): Promise<void> {
  running.stop.abort();
  await running.done;
}
