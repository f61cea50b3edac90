/** Which clusters are members, and what they hold of one Service together. */

import { type ServiceKey, serviceKey, splitKey } from '../api/meta.ts';
import { type FleetConfig, importMode, type MemberConfig } from '../config/fleet-config.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { ConsumerView, ServiceView, SourceView } from '../core/view.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { Member } from './member.ts';
import type { MemberChange } from './member-cache.ts';

/** What the fleet tells its listener. */
export interface FleetListener {
  /** What `source` offers of a name changed: to be looked at in every member. */
  sourceChanged(key: ServiceKey, source: Member): void;
  /** What one member consumes of a name changed: to be looked at there. */
  consumerChanged(key: ServiceKey, consumer: Member): void;
  /** A member became known, reachable, unreachable, refused, joined or left. */
  memberChanged(member: Member): void;
}

/** What a fleet is made of; everything from outside is handed in. */
export interface FleetOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly listener: FleetListener;
  readonly watchRestarted: (member: string, resource: string, reason: string) => void;
}

interface Running {
  readonly member: Member;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** A time in which a member did not answer, in ms since the epoch. */
interface Silence {
  readonly since: number;
  /** When it answered again; undefined while it does not. */
  readonly until: number | undefined;
}

/** A silence is noticed up to so long after the last that was heard: by a heartbeat every 5 s that waits 5 s. In ms. */
const NOTICE_MS = 10_000;
/** A watch that goes on tells at once what happened meanwhile; after so long, in ms, it has. */
const CATCH_UP_MS = 2_000;

/** Keys whose sources are remembered; more than a burst of changes has. */
const SOURCES_KEPT = 1_024;

/** The members of a clusterset, joined and left at run time as the configuration says. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, Running>();
  #config: FleetConfig;
  /**
   * Sources of the keys that were looked at last, until something of the key or of a member's state changes: the
   * consumers of one change share one array.
   */
  readonly #sources = new Map<ServiceKey, readonly SourceView[]>();
  /** How each member looks as a source of a name that it does not export. */
  readonly #idle = new Map<Member, SourceView>();

  /** Of each member the last one. */
  readonly #silences = new Map<Member, Silence>();

  constructor(config: FleetConfig, options: FleetOptions) {
    this.#config = config;
    this.#options = options;
  }

  get config(): FleetConfig {
    return this.#config;
  }

  get members(): Member[] {
    return [...this.#running.values()].map((running) => running.member);
  }

  member(name: string): Member | undefined {
    return this.#running.get(name)?.member;
  }

  /**
   * Makes the members those of `config`: joins new ones, reconnects those whose connection changed, and gives those
   * that left. The ones that left go on running, as no source any more, until {@link forget}.
   */
  async apply(config: FleetConfig): Promise<readonly Member[]> {
    const left: Member[] = [];
    this.#config = config;
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
    this.refresh();
    return left;
  }

  /** Members that left the configuration and are still being cleaned. */
  readonly #departed = new Set<Member>();

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
    this.#silences.delete(member);
    this.refresh();
    running.stop.abort();
    await running.done;
  }

  /** Stops everything. */
  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => this.forget(member)));
  }

  /** Every name that any member exports, imports or holds something of ours for. */
  keys(): Set<ServiceKey> {
    const keys = new Set<ServiceKey>();
    for (const member of this.members) for (const key of member.cache.keys()) keys.add(key);
    return keys;
  }

  /**
   * All that is known of one name, from the place of one consumer. `writtenSince` is since when nobody else has written
   * to the consumer, in ms since the epoch; absent where that does not matter. What others may have known later than we
   * do is not known here: of a member that has been silent for longer, what we remember says nothing.
   */
  view(key: ServiceKey, consumer: Member, writtenSince?: number): ServiceView {
    const { namespace, name } = splitKey(key);
    const sources = this.#currentSources(key, writtenSince);
    return {
      namespace,
      name,
      sources,
      consumer: this.#consumer(key, consumer),
      // Only an unknown member makes it matter who took part before.
      lastSources: sources.every((source) => source.known) ? [] : this.#lastSources(key),
    };
  }

  /** Whether a change of the name's sources can change anything in this member. */
  concerns(key: ServiceKey, { cache, name }: Member): boolean {
    if (cache.exports.get(key) || cache.imports.get(key)) return true;
    if (cache.derivedSlices(key).length > 0 || cache.derivedServices(key).length > 0) return true;
    const { namespace } = splitKey(key);
    return cache.namespaces.get(namespace) === 'Active' && importMode(this.#config, name, namespace) === 'Automatic';
  }

  /** Forgets what was put together from the members' states, such as how long one has been silent. */
  refresh(): void {
    this.#sources.clear();
    this.#idle.clear();
  }

  #join(config: MemberConfig): void {
    const { clock, random, listener, watchRestarted } = this.#options;
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
        this.#noteSilence(member);
        this.refresh();
        listener.memberChanged(member);
      },
      watchRestarted: (resource, reason) => watchRestarted(config.name, resource, reason),
      admit: ({ clusterId }) => {
        const twin = this.members.find((other) => other !== member && other.clusterId === clusterId);
        if (twin) {
          throw new CatamaranError(
            'CTM_MEMBER_DUPLICATE',
            `members "${twin.name}" and "${config.name}" are the same cluster (kube-system has UID ${clusterId} in both); ` +
              `"${config.name}" is refused until one of them is removed`,
          );
        }
      },
    });
    const done = member.run(stop.signal).catch((err: unknown) => {
      logger.error({ err }, 'member stopped by an error of its own');
    });
    this.#running.set(config.name, { member, stop, done });
    logger.info({}, 'member joins');
  }

  #changed(member: Member, change: MemberChange): void {
    const { listener } = this.#options;
    switch (change.side) {
      case 'source':
        this.#sources.delete(change.key);
        listener.sourceChanged(change.key, member);
        return;
      case 'consumer':
        listener.consumerChanged(change.key, member);
        return;
      case 'namespace':
        // While a member is listed nothing is done there; when it has been, all of it is looked at.
        if (!member.cache.synced) return;
        for (const key of this.keys()) {
          if (splitKey(key).namespace === change.namespace) listener.consumerChanged(key, member);
        }
        return;
      case 'place':
        for (const key of this.#keysAt(change.derived, member)) listener.consumerChanged(key, member);
    }
  }

  /** Names whose derived Service is called so. Only a shortened name has to be looked for. */
  #keysAt(derived: ServiceKey, member: Member): ServiceKey[] {
    const { namespace, name } = splitKey(derived);
    const prefix = member.config.derivedPrefix;
    const plain = name.slice(prefix.length);
    if (derivedServiceName(prefix, plain) === name && name.length < 63) return [serviceKey(namespace, plain)];
    return [...this.keys()].filter((key) => {
      const parts = splitKey(key);
      return parts.namespace === namespace && derivedServiceName(prefix, parts.name) === name;
    });
  }

  /** Whether somebody who wrote before that time, in ms since the epoch, may have known more of the member than we do. */
  isBehind(member: Member, writtenSince: number): boolean {
    const silence = this.#silences.get(member);
    if (!silence || silence.since >= writtenSince + NOTICE_MS) return false;
    return silence.until === undefined || this.#catchesUp(silence.until);
  }

  #catchesUp(since: number): boolean {
    const ms = this.#options.clock.now() - since;
    // Less than none: the clock was set back.
    return ms >= 0 && ms < CATCH_UP_MS;
  }

  #noteSilence(member: Member): void {
    const { state } = member;
    const last = this.#silences.get(member);
    if (state.phase === 'unreachable') {
      const goesOn = last && (last.until === undefined || this.#catchesUp(last.until));
      this.#silences.set(member, { since: goesOn ? last.since : state.since, until: undefined });
    } else if (last && last.until === undefined) {
      this.#silences.set(member, { ...last, until: this.#options.clock.now() });
    }
  }

  #currentSources(key: ServiceKey, writtenSince = Number.NEGATIVE_INFINITY): readonly SourceView[] {
    const sources = this.#sourcesOf(key);
    const behind = [...this.#silences.keys()].filter((member) => this.isBehind(member, writtenSince));
    if (behind.length === 0) return sources;
    return sources.map((source) => {
      const member = behind.find(({ name }) => name === source.member);
      return member ? { ...this.#idleSource(member), known: false } : source;
    });
  }

  #sourcesOf(key: ServiceKey): readonly SourceView[] {
    const held = this.#sources.get(key);
    if (held) return held;
    const sources = this.members.filter((member) => this.isMember(member)).map((member) => this.#source(key, member));
    const [oldest] = this.#sources.keys();
    if (oldest !== undefined && this.#sources.size >= SOURCES_KEPT) this.#sources.delete(oldest);
    this.#sources.set(key, sources);
    return sources;
  }

  #source(key: ServiceKey, member: Member): SourceView {
    const { cache } = member;
    const idle = this.#idleSource(member);
    if (!cache.knows(key)) return { ...idle, known: false, reachable: false };
    const exported = cache.exports.get(key);
    if (!exported) return idle;
    const service = cache.services.get(key);
    return { ...idle, export: exported, slices: cache.sourceSlices(key), ...(service && { service }) };
  }

  #idleSource(member: Member): SourceView {
    const held = this.#idle.get(member);
    if (held) return held;
    const { podCIDRs, nodeCIDRs, extraCIDRs } = member.config;
    const addresses = { cidrs: [...podCIDRs, ...nodeCIDRs, ...extraCIDRs] };
    const idle = { member: member.name, addresses, known: true, ...this.standing(member), slices: [] };
    this.#idle.set(member, idle);
    return idle;
  }

  /** How long a member's silence has lasted, weighed against the configured times. */
  standing(member: Member): { readonly reachable: boolean; readonly expired: boolean } {
    return { reachable: this.#isReachable(member), expired: this.#isExpired(member) };
  }

  #isReachable({ state }: Member): boolean {
    return (
      state.phase === 'ready' ||
      (state.phase === 'unreachable' && !this.#silentFor(state.since, this.#config.unreachableAfterMs))
    );
  }

  #isExpired({ state, startedAt }: Member): boolean {
    const after = this.#config.endpointExpiryMs;
    if (after === undefined || state.phase === 'ready' || state.phase === 'refused') return false;
    // A member that has never answered has been silent since it joined, as far as this process can tell.
    return this.#silentFor(state.phase === 'unreachable' ? state.since : startedAt, after);
  }

  #silentFor(since: number, ms: number): boolean {
    return this.#options.clock.now() - since >= ms;
  }

  #consumer(key: ServiceKey, member: Member): ConsumerView {
    const { cache, config } = member;
    const { namespace, name } = splitKey(key);
    const derived = serviceKey(namespace, derivedServiceName(config.derivedPrefix, name));
    const imported = cache.imports.get(key);
    const derivedService = cache.services.get(derived);
    const outdated = cache.derivedServices(key).filter((service) => service !== derivedService);
    return {
      member: member.name,
      importMode: importMode(this.#config, member.name, namespace),
      derivedPrefix: config.derivedPrefix,
      ipFamilies: member.ipFamilies,
      namespace: cache.namespaces.get(namespace) ?? 'Absent',
      derivedSlices: cache.derivedSlices(key),
      foreignSlices: cache.foreignSlices(derived),
      ...(imported && { import: imported }),
      ...(derivedService && { derivedService }),
      ...(member.trafficDistributions && { trafficDistributions: member.trafficDistributions }),
      ...(outdated.length > 0 && { outdatedServices: outdated }),
    };
  }

  #lastSources(key: ServiceKey): string[] {
    const names = new Set<string>();
    for (const { cache } of this.members) {
      for (const { cluster } of cache.imports.get(key)?.status?.clusters ?? []) names.add(cluster);
      for (const slice of cache.derivedSlices(key)) names.add(slice.source);
    }
    return [...names].sort();
  }
}

/** What must be the same for a running member to be kept when the configuration changes: all but how it imports. */
function connectionOf({ importMode: _, namespaces: __, ...connection }: MemberConfig): string {
  return JSON.stringify(connection);
}
