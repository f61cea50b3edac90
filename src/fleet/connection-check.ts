/** Checks of an established connection: whether it has to be replaced, and why it fails. */
import { isDeepStrictEqual } from 'node:util';
import { MCS_VERSION } from '../api/multicluster.ts';
import { isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { isCrdsMissing, type McsApi, readMcsApi } from '../kube/mcs/mcs-api.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CatamaranError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { type ClusterInfo, discoverCluster } from './discovery.ts';
import { isSameCluster } from './same-cluster.ts';

/** Interval of checks, in ms; shorter by up to a part of it, so that those of many members do not coincide. */
const CHECK_MS = 5_000;
const SPREAD = 0.2;
/** Interval at which the files behind a working connection are read, in ms. */
const FILES_MS = 30_000;
/** Interval at which CRDs that lack a field or version are read, in ms: they are likely to be updated. */
const CRDS_MS = 15_000;
/** Interval at which the facts about a cluster are read, in ms. */
const FACTS_MS = 600_000;

export interface ConnectionCheckOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The error of the connection as long as it fails; undefined while it works. */
  readonly failure: () => Error | undefined;
  /** The facts when the connection was made. */
  readonly info: ClusterInfo;
  /** The CRDs that the connection is made for. */
  readonly mcs: McsApi;
  /** Called with changed facts about the same cluster. */
  readonly learned: (info: ClusterInfo) => void;
  /** Called with the cause of failures if it is known, and with undefined when it no longer holds. */
  readonly diagnosed: (cause: CatamaranError | undefined) => void;
  /** Called as long as another connection is needed. */
  readonly outdated: () => void;
}

export class ConnectionCheck {
  readonly #options: ConnectionCheckOptions;
  #info: ClusterInfo;
  #cause: CatamaranError | undefined;

  constructor(options: ConnectionCheckOptions) {
    this.#options = options;
    this.#info = options.info;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, random, failure, outdated } = this.#options;
    let [filesAt, factsAt, crdsAt] = [clock.now(), clock.now(), clock.now()];
    let hasFailed = false;
    while (!signal.aborted) {
      await clock.sleep(CHECK_MS * (1 - random() * SPREAD), signal).catch(() => {});
      if (signal.aborted) return;
      const now = clock.now();
      const error = failure();
      if (error || now - crdsAt >= (this.#hasOldCrds ? CRDS_MS : FACTS_MS)) {
        crdsAt = now;
        if (await this.#diagnose(error, signal)) outdated();
      }
      if (error || now - filesAt >= FILES_MS) {
        filesAt = now;
        if (await client.isOutdated?.()) outdated();
      }
      if (!error && (hasFailed || now - factsAt >= FACTS_MS)) {
        factsAt = now;
        if (await this.#isAnotherCluster(signal)) outdated();
      }
      hasFailed = error !== undefined;
    }
  }

  get #hasOldCrds(): boolean {
    const { serviceExports, serviceImports } = this.#options.mcs;
    return [serviceExports, serviceImports].some(({ version, lacks }) => version !== MCS_VERSION || lacks.length > 0);
  }

  /**
   * Whether the CRDs have changed so that another client is needed. A resource that is not found may lack its CRD, or be
   * served in another version.
   */
  async #diagnose(error: Error | undefined, signal: AbortSignal): Promise<boolean> {
    const { client, logger, diagnosed, mcs } = this.#options;
    const before = this.#cause;
    let current = mcs;
    this.#cause = undefined;
    if (!error || isNotFound(error)) {
      try {
        current = await readMcsApi(client, signal, mcs);
      } catch (cause) {
        if (isCrdsMissing(cause)) this.#cause = cause;
      }
    }
    if (this.#cause?.message !== before?.message) {
      if (this.#cause) logger.error({ err: this.#cause }, 'member has no CRDs');
      diagnosed(this.#cause);
    }
    const isChanged = !isDeepStrictEqual(current, mcs);
    if (isChanged) logger.info({}, 'CRDs were updated, connecting again');
    return isChanged;
  }

  /** A cluster may have been rebuilt behind the same address, and is upgraded from time to time. */
  async #isAnotherCluster(signal: AbortSignal): Promise<boolean> {
    const { client, logger, learned } = this.#options;
    try {
      const info = await discoverCluster(client, signal);
      if (!isSameCluster(info, this.#info)) return true;
      if (isDeepStrictEqual(info, this.#info)) return false;
      this.#info = info;
      learned(info);
    } catch (error) {
      logger.debug({ err: error }, 'facts about the cluster cannot be read');
    }
    return false;
  }
}
