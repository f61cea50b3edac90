/** The members of a fleet, and views of their objects. */
import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import { type FleetConfig, importMode, type MemberConfig } from '../config/fleet-config.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { ConsumerView, ImportMode, KnownSource } from '../core/view.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { ClusterInfo } from './discovery.ts';
import { KeyIndex } from './key-index.ts';
import { Member } from './member.ts';
import type { MemberChange } from './member-cache.ts';
import { Staleness } from './staleness.ts';
import type { ServiceView } from './views.ts';
import { Views } from './views.ts';

export interface FleetOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called after a change in the cache of a member. */
  readonly changed: (member: Member, change: MemberChange) => void;
  /** Called when a member becomes known, reachable, unreachable or refused. */
  readonly memberChanged: (member: Member) => void;
  readonly watchRestarted: (member: string, resource: string, reason: string) => void;
}

interface Running {
  readonly member: Member;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** The members of a clusterset; they join and leave at run time, following the configuration. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, Running>();
  /** Members that were removed from the configuration and are still being cleaned up. */
  readonly #departed = new Set<Member>();
  readonly #index = new KeyIndex();
  readonly #staleness: Staleness;
  readonly #views: Views;
  #config: FleetConfig;
  /** The members of the configuration, by name. */
  #declared: ReadonlyMap<string, MemberConfig>;

  constructor(config: FleetConfig, options: FleetOptions) {
    this.#config = config;
    this.#declared = declaredIn(config);
    this.#options = options;
    this.#staleness = new Staleness(options.clock, () => this.#config);
    this.#views = new Views({
      importMode: (member, namespace) => this.#importMode(member, namespace),
      members: () => this.members.filter((member) => this.isMember(member)),
      holders: (key) => [...this.#index.holders(key)].flatMap((name) => this.member(name) ?? []),
      staleness: this.#staleness,
    });
  }

  get config(): FleetConfig {
    return this.#config;
  }

  /** Every watched member, including removed ones. */
  get members(): Member[] {
    return [...this.#running.values()].map((running) => running.member);
  }

  member(name: string): Member | undefined {
    return this.#running.get(name)?.member;
  }

  /** Which members a key affects. */
  get index(): Omit<KeyIndex, 'setHeld' | 'setConsumes' | 'remove'> {
    return this.#index;
  }

  /**
   * Applies a configuration: adds new members, replaces those whose connection changed, and returns removed ones, which
   * are no longer sources but are still watched until {@link forget}.
   */
  async apply(config: FleetConfig): Promise<readonly Member[]> {
    const left: Member[] = [];
    this.#config = config;
    this.#declared = declaredIn(config);
    for (const { member } of this.#running.values()) {
      const stays = config.members.some((declared) => declared.name === member.name);
      if (!stays && !this.#departed.has(member)) left.push(member);
    }
    for (const declared of config.members) {
      const running = this.#running.get(declared.name);
      if (!running) {
        this.#join(declared);
      } else if (this.#departed.has(running.member) || connectionOf(running.member.config) !== connectionOf(declared)) {
        await this.forget(running.member);
        this.#join(declared);
      }
    }
    for (const member of left) this.#departed.add(member);
    for (const member of this.members) this.#indexNamespaces(member);
    this.invalidate();
    return left;
  }

  /** Whether the member is in the configuration. */
  isMember(member: Member): boolean {
    return this.#running.get(member.name)?.member === member && !this.#departed.has(member);
  }

  /** Stops watching a member and closes its connection. */
  async forget(member: Member): Promise<void> {
    const running = this.#running.get(member.name);
    if (running?.member !== member) return;
    this.#running.delete(member.name);
    this.#departed.delete(member);
    this.#staleness.forget(member);
    this.#index.remove(member.name);
    this.invalidate();
    running.stop.abort();
    await running.done;
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => this.forget(member)));
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

  /** Whether a replica that wrote before that time, in ms since the epoch, may have known more of the member. */
  isBehind(member: Member, writtenSince: number): boolean {
    return this.#staleness.isBehind(member, writtenSince);
  }

  /** The standing of a member, by the configured times. */
  standing(member: Member): KnownSource['standing'] {
    return this.#staleness.standing(member);
  }

  /** Keys whose derived Service in a member has that namespace and name. Only a shortened name needs a search. */
  keysAt(service: ServiceKey, { config: { derivedPrefix } }: Member): Iterable<ServiceKey> {
    const { namespace, name } = splitKey(service);
    const plain = name.slice(derivedPrefix.length);
    if (derivedServiceName(derivedPrefix, plain) === name && name.length < 63) return [serviceKey(namespace, plain)];
    const isHere = (key: ServiceKey) => derivedServiceName(derivedPrefix, splitKey(key).name) === name;
    return [...this.#index.keysIn(namespace)].filter(isHere);
  }

  #join(config: MemberConfig): void {
    const { clock, random, watchRestarted, memberChanged } = this.#options;
    const logger = this.#options.logger.child({ member: config.name });
    const stop = new AbortController();
    const member: Member = new Member({
      config,
      connect: () => this.#options.connect(config),
      clock,
      random,
      logger,
      changed: (change) => this.#changed(member, change),
      stateChanged: () => {
        this.#staleness.note(member);
        this.invalidate();
        memberChanged(member);
      },
      watchRestarted: (resource, reason) => watchRestarted(config.name, resource, reason),
      admit: (network) => this.#refuseTwin(member, network),
    });
    const done = member.run(stop.signal).catch((err: unknown) => {
      logger.error({ err }, 'member stopped by an internal error');
    });
    this.#running.set(config.name, { member, stop, done });
    logger.info({}, 'member added');
  }

  /** @throws CTM_MEMBER_DUPLICATE if the cluster is a member under another name. */
  #refuseTwin(member: Member, { clusterId }: ClusterInfo): void {
    const twin = this.members.find((other) => other !== member && other.clusterId === clusterId);
    if (!twin) return;
    throw new CatamaranError(
      'CTM_MEMBER_DUPLICATE',
      `members "${twin.name}" and "${member.name}" are the same cluster (kube-system has UID ${clusterId} in both); ` +
        `"${member.name}" is refused until one of them is removed`,
    );
  }

  #changed(member: Member, change: MemberChange): void {
    if (this.member(member.name) !== member) return;
    if (change.side === 'source' || change.side === 'consumer') {
      this.#index.setHeld(member.name, change.key, member.cache.holds(change.key));
      if (change.side === 'source') this.#views.invalidate(change.key);
      else this.#views.consumerChanged(change.key);
    } else if (change.side === 'namespace') {
      this.#indexNamespace(member, change.namespace);
      // A member is not reconciled while it is being listed; afterwards, all of its keys are.
      if (!member.cache.synced) return;
    }
    this.#options.changed(member, change);
  }

  #indexNamespace(member: Member, namespace: string): void {
    const phase = member.cache.namespaces.get(namespace);
    const consumes = phase === 'Active' && this.#importMode(member.name, namespace) === 'Automatic';
    this.#index.setConsumes(member.name, namespace, consumes);
  }

  #importMode(member: string, namespace: string): ImportMode {
    return importMode(this.#config, this.#declared.get(member), namespace);
  }

  #indexNamespaces(member: Member): void {
    for (const namespace of member.cache.namespaces.names()) this.#indexNamespace(member, namespace);
  }
}

function declaredIn({ members }: FleetConfig): ReadonlyMap<string, MemberConfig> {
  return new Map(members.map((member) => [member.name, member]));
}

/** The part of a member's configuration that cannot change while it runs: everything except import settings. */
function connectionOf({ importMode: _, namespaces: __, ...connection }: MemberConfig): string {
  return JSON.stringify(connection);
}
