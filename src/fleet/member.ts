/** One member at run time: its connection, its informers and its cache. */
import { isDeepStrictEqual } from 'node:util';
import { type IPFamily, serviceKey } from '../api/meta.ts';
import type { RangeSet } from '../api/range-map.ts';
import type { MemberConfig } from '../config/fleet-config.ts';
import type { AddressPolicy, FleetNetworks } from '../core/addresses/address-policy.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { degradation, FULL_MCS_API, isCrdsMissing, type McsApi, readMcsApi } from '../kube/mcs/mcs-api.ts';
import { mcsClient } from '../kube/mcs/mcs-client.ts';
import { trafficDistributionsOf } from '../kube/server-version.ts';
import { type Heartbeat, Informers } from '../kube/watch/informers.ts';
import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Logger } from '../runtime/logger.ts';
import { toError } from '../runtime/thrown.ts';
import { ConnectionCheck } from './connection-check.ts';
import { type ClusterInfo, discoverCluster, familiesOf } from './discovery.ts';
import { ExportFetcher } from './export-fetcher.ts';
import { MemberCache } from './member-cache.ts';
import type { FleetContext, MemberOptions } from './member-options.ts';
import { type MemberState, memberState } from './member-state.ts';
import { OwnNetworks } from './own-networks.ts';
import { isRefused, requirePinned } from './refusal.ts';
import type { ClusterIdentity } from './same-cluster.ts';

const RETRY: BackoffLimits = { baseMs: 200, capMs: 30_000, factor: 2 };

const HEARTBEAT: Heartbeat = { intervalMs: 5_000, lostIntervalMs: 1_000, timeoutMs: 5_000 };

/** Interval of attempts while the CRDs are missing, in ms. */
const CRDS_MS = 2_000;
/** Watches one member until its signal aborts. */
export class Member {
  readonly cache: MemberCache;
  /** When the member joined, in ms since the epoch. */
  readonly startedAt: number;
  readonly #options: MemberOptions;
  #declared: MemberConfig;
  #config: MemberConfig;
  readonly #ownNetworks: OwnNetworks;
  #networks: FleetNetworks;
  #isExposed: boolean;
  #client: KubeClient | undefined;
  readonly #fetcher: ExportFetcher;
  #informers: Informers | undefined;
  #info: ClusterInfo | undefined;
  #mcs: McsApi = FULL_MCS_API;
  #isAdmitted = false;
  #refusal: Error | undefined;
  #connectError: Error | undefined;
  /** A cause that explains the failures of a connection better than they do. */
  #diagnosis: Error | undefined;
  /** Ends the wait before the next attempt to connect. */
  #wake = new AbortController();

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#declared = options.config;
    this.#config = options.config;
    this.startedAt = options.clock.now();
    this.#fetcher = new ExportFetcher(options);
    this.#networks = options.fleet.networks;
    this.#isExposed = options.fleet.exposed;
    this.#ownNetworks = new OwnNetworks({
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      config: () => this.#config,
      isExposed: () => this.#isExposed,
      changed: () => {
        this.cache.setAddresses(this.#ownNetworks.policy(this.#networks));
        this.#reviewImports();
      },
    });
    this.cache = new MemberCache({
      derivedPrefix: options.config.derivedPrefix,
      addresses: this.#ownNetworks.policy(this.#networks),
      limits: options.fleet.limits,
      logger: options.logger,
      changed: options.changed,
      exportAppeared: (key) => this.#fetcher.add(key),
      addressUnknown: () => this.#ownNetworks.request(),
    });
  }

  /** Applies a changed fleet file to what has been read. */
  setFleet({ networks, limits, exposed }: FleetContext): void {
    this.#networks = networks;
    if (exposed && !this.#isExposed) this.#ownNetworks.request();
    this.#isExposed = exposed;
    this.cache.setLimits(limits);
    // Without knowing the networks that count from now on, nothing is refused.
    if (this.#ownNetworks.isMissing()) this.#ownNetworks.request();
    else this.cache.setAddresses(this.#ownNetworks.policy(networks));
  }

  get name(): string {
    return this.#config.name;
  }

  /** The settings in use: those of {@link declared}, except for the connection. */
  get config(): MemberConfig {
    return this.#config;
  }

  /** The member in the configuration. */
  get declared(): MemberConfig {
    return this.#declared;
  }

  /** Applies changed settings. Returns false if the rest of the change requires another connection. */
  configure(declared: MemberConfig): boolean {
    const { access, derivedPrefix } = this.#options.config;
    const isPinned = declared.clusterId === undefined || declared.clusterId === this.identity?.uid;
    this.#declared = declared;
    this.#config = { ...declared, access, derivedPrefix };
    return isPinned && isDeepStrictEqual(this.#config, declared);
  }

  /** The addresses that the member may announce under a configuration. */
  addressPolicy(networks: FleetNetworks, config: MemberConfig): AddressPolicy {
    return this.#ownNetworks.policy(networks, config);
  }

  /** Ends the wait before the next attempt to connect. */
  retry(): void {
    this.#wake.abort();
  }

  /** The connection; undefined until the member's kubeconfig could be read. */
  get client(): KubeClient | undefined {
    return this.#client;
  }

  /** Families of the Service network, the primary one first. */
  get ipFamilies(): readonly IPFamily[] {
    const { serviceCIDRs } = this.#config;
    if (serviceCIDRs.length > 0) return familiesOf(serviceCIDRs);
    return this.#info?.ipFamilies ?? ['IPv4'];
  }

  /** Networks in which no other member has endpoints; undefined if no member may announce addresses there. */
  get ownNetworks(): RangeSet | undefined {
    return this.#ownNetworks.own;
  }

  /** Values of `spec.trafficDistribution` that the API server accepts; undefined if its version is unknown. */
  get trafficDistributions(): readonly string[] | undefined {
    return trafficDistributionsOf(this.#informers?.version ?? this.#info?.version);
  }

  /** What the cluster reports about itself, even if the member is refused; undefined until it first responds. */
  get identity(): ClusterIdentity | undefined {
    return this.#info?.identity;
  }

  /** Whether the cluster was identified, and may be a member. */
  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  /** Equal for two connections to one cluster; undefined until it first responds. */
  get clusterId(): string | undefined {
    return this.identity && [this.identity.uid, this.identity.witness ?? ''].join('/');
  }

  get state(): MemberState {
    if (this.#refusal) return { phase: 'refused', error: this.#refusal };
    return memberState(this.#informers?.state, { diagnosis: this.#diagnosis, connect: this.#connectError });
  }

  /** Resolves when the signal aborts. API server failures are retried and show in {@link state}. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#connect(signal);
    if (this.#client && this.#info) await this.#watch(this.#client, this.#info, signal);
    await this.#client?.close();
  }

  async #watch(client: KubeClient, info: ClusterInfo, signal: AbortSignal): Promise<void> {
    const { cache } = this;
    const { clock, random, logger, stateChanged, watchRestarted } = this.#options;
    this.#informers = new Informers({
      client,
      stages: [
        // They decide which Services and slices are kept while those stream in.
        [
          { resource: 'serviceExports', sink: cache.exports },
          { resource: 'serviceImports', sink: cache.imports },
          { resource: 'namespaces', sink: cache.namespaces },
        ],
        [
          { resource: 'services', sink: cache.services },
          { resource: 'endpointSlices', sink: cache.slices },
        ],
      ],
      heartbeat: HEARTBEAT,
      ...(info.version && { version: info.version }),
      clock,
      random,
      logger,
      onChange: stateChanged,
      onRestart: watchRestarted,
      onVersion: () => {
        this.#ownNetworks.request();
        stateChanged();
        this.#reviewImports();
      },
    });
    await Promise.all([
      this.#informers.run(signal),
      this.#fetcher.run(client, cache, signal),
      this.#check(client, info).run(signal),
      this.#ownNetworks.run(client, signal),
    ]);
  }

  /** Every import may look different after a change of what the cluster supports or reports about itself. */
  #reviewImports(): void {
    for (const { metadata } of this.cache.imports.values()) {
      this.#options.changed({ side: 'consumer', key: serviceKey(metadata.namespace ?? '', metadata.name) });
    }
  }

  #check(client: KubeClient, info: ClusterInfo): ConnectionCheck {
    const { clock, random, logger, stateChanged, outdated } = this.#options;
    return new ConnectionCheck({
      client,
      clock,
      random,
      logger,
      info,
      mcs: this.#mcs,
      failure: () => {
        const state = this.#informers?.state;
        return state && 'error' in state ? state.error : undefined;
      },
      learned: (changed) => {
        this.#info = changed;
        stateChanged();
        this.#reviewImports();
      },
      diagnosed: (cause) => {
        this.#diagnosis = cause;
        stateChanged();
      },
      outdated: () => outdated?.(),
    });
  }

  /** Connects and identifies the cluster, with retries until the signal aborts. */
  async #connect(signal: AbortSignal): Promise<void> {
    const { connect, random, clock, logger } = this.#options;
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted) {
      let client: KubeClient | undefined;
      try {
        // The kubeconfig is read again after each failure: it may have been fixed.
        client = await connect();
        const info = await discoverCluster(client, signal);
        requirePinned(this.#config, info.identity);
        this.#info = info;
        await this.#options.admit(signal);
        this.#isAdmitted = true;
        // Before any slice is listed, whose endpoints would be refused.
        await this.#ownNetworks.prepare(client, signal);
        this.#mcs = await readMcsApi(client, signal);
        reportDegradation(this.#mcs, logger);
        if (this.#refusal) logger.info({}, 'member is accepted now');
        this.#refusal = undefined;
        this.#connectError = undefined;
        this.#client = mcsClient(client, this.#mcs);
        return;
      } catch (error) {
        await client?.close();
        if (signal.aborted) return;
        const cause = toError(error);
        const refused = isRefused(cause);
        const known = (refused ? this.#refusal : this.#connectError)?.message === cause.message;
        if (refused) this.#isAdmitted = false;
        if (refused) this.#refusal = cause;
        else this.#connectError = cause;
        const isUnready = isCrdsMissing(cause);
        const problem = refused ? 'refused' : isUnready ? 'has no CRDs' : 'cannot be reached';
        if (!known) logger.error({ err: cause }, `member ${problem}`);
        this.#options.stateChanged();
        const wait = isUnready ? CRDS_MS : backoff.next();
        await clock.sleep(wait, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
        this.#wake = new AbortController();
      }
    }
  }
}

function reportDegradation(api: McsApi, logger: Logger): void {
  const problem = degradation(api);
  if (problem !== undefined) logger.warn({}, `CRDs are of an older release: ${problem}`);
}
