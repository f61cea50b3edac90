/**
 * Leader election among several candidates for one Lease. Clocks of different machines are never compared: a candidate
 * measures by its own clock how long the record has been unchanged.
 *
 * Source: Kubernetes documentation, "Leases"; the algorithm of client-go's leaderelection.
 */
import type { Lease } from '../api/core.ts';
import type { JsonObject } from '../api/json.ts';
import type { StringMap } from '../api/meta.ts';
import { apiVersion, RESOURCES } from '../api/resources.ts';
import { microTime } from '../api/time.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { withTimeLimit } from '../runtime/watchdog.ts';
import { isAlreadyExists, isConflict, isNotFound } from './client/api-errors.ts';
import type { KubeClient } from './client/client.ts';

/** Times of an election in milliseconds, in decreasing order. */
export interface LeaseDurations {
  /** How long other candidates wait after the last renewal they saw before they take over. A multiple of 1,000. */
  readonly leaseMs: number;
  /** How long after its last renewal a holder still considers itself the holder. */
  readonly renewDeadlineMs: number;
  /** Interval between attempts to acquire or renew the Lease. */
  readonly retryMs: number;
}

/** The defaults of client-go. */
export const DEFAULT_LEASE_DURATIONS: LeaseDurations = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the candidates. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly durations?: Partial<LeaseDurations>;
  /** Called before a free Lease is acquired; undefined if the object does not exist yet. Default: true. */
  readonly shouldAcquire?: (lease: Lease | undefined) => boolean;
  /** Called at each renewal, with the Lease as last written. If true, the Lease is released. Default: false. */
  readonly shouldRelease?: (lease: Lease) => boolean;
  /** Annotations to write to a Lease held by another candidate, which its holder sees within two renewals. */
  readonly annotate?: (lease: Lease) => StringMap | undefined;
  /** Annotations to remove with the write that acquires the Lease. */
  readonly clearOnAcquire?: readonly string[];
  /** Whether a holder is known to have exited, so that its Lease is free immediately. Default: false. */
  readonly abandoned?: (identity: string) => boolean;
}

/** A promise of `onLost` is awaited before the Lease is released. */
export interface LeaseCallbacks {
  readonly onAcquired: () => void;
  readonly onLost: () => void | Promise<void>;
}

/** Timeout of a release. */
const RELEASE_MS = 5_000;
/** A candidate that released the Lease does not compete for this many retry periods. */
const STAND_BACK = 3;
/** Fraction of `retryMs` by which an attempt may be delayed, so that candidates do not act together. */
const JITTER = 0.2;

/** The fields that a renewal may change: any difference is a sign of life. */
function renewalOf(lease: Lease): string {
  const { holderIdentity, acquireTime, renewTime, leaseTransitions, leaseDurationSeconds } = lease.spec ?? {};
  return JSON.stringify([holderIdentity, acquireTime, renewTime, leaseTransitions, leaseDurationSeconds]);
}

/** One candidate for one Lease. */
export class LeaseHolder {
  readonly #options: LeaseOptions;
  readonly #durations: LeaseDurations;
  readonly #logger: Logger;
  /** The Lease as last read or written. */
  #lease: Lease | undefined;
  /** Whether it has been deleted since. */
  #missing = false;
  /** When its current record was first seen, or when it was first missing. */
  #observedAt = 0;
  /** When the last successful renewal was sent; undefined while another candidate holds the Lease. */
  #renewedAt: number | undefined;
  /** The last renewal came after the deadline of the previous one: meanwhile, the Lease was not safely held. */
  #lapsed = false;
  /** When the last successful attempt ended. */
  #attemptedAt = 0;
  #standBackUntil = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#durations = { ...DEFAULT_LEASE_DURATIONS, ...options.durations };
    this.#logger = options.logger.child({
      cluster: options.client.cluster,
      lease: `${options.namespace}/${options.name}`,
    });
  }

  /**
   * Whether this candidate safely holds the Lease right now. False as soon as the renewal deadline has passed, even if
   * the loop has not noticed yet, and after the clock was set back.
   */
  held(): boolean {
    if (this.#renewedAt === undefined) return false;
    const age = this.#options.clock.now() - this.#renewedAt;
    return age >= 0 && age <= this.#durations.renewDeadlineMs;
  }

  /** Holder of the Lease when it was last seen; empty if none. */
  holder(): string {
    return this.#lease?.spec?.holderIdentity ?? '';
  }

  /** Competes for the Lease until the signal aborts, then releases it and resolves. API errors never reject. */
  async run(signal: AbortSignal, callbacks: LeaseCallbacks): Promise<void> {
    const { clock, random } = this.#options;
    let reportedHeld = false;
    let failure = '';
    const report = async () => {
      if (reportedHeld && this.#lapsed && this.held()) {
        // held() was false in the meantime: report the loss, so that the Lease is acquired again from the start.
        reportedHeld = false;
        this.#logger.info({}, 'lease renewed late');
        await this.#call(callbacks.onLost);
      }
      this.#lapsed = false;
      if (this.held() === reportedHeld) return;
      reportedHeld = !reportedHeld;
      this.#logger.info({}, reportedHeld ? 'lease acquired' : 'lease lost');
      await this.#call(reportedHeld ? callbacks.onAcquired : callbacks.onLost);
    };
    while (!signal.aborted) {
      try {
        await this.#tryAcquireOrRenew(signal);
        this.#attemptedAt = clock.now();
        failure = '';
      } catch (error) {
        const message = String(error);
        // Only the first of equal failures is a warning; the others would flood the log.
        if (!signal.aborted)
          this.#logger[message === failure ? 'debug' : 'warn']({ err: error }, 'failed to acquire or renew lease');
        failure = message;
      }
      if (reportedHeld && this.held() && this.#lease && this.#options.shouldRelease?.(this.#lease)) {
        await this.#release(() => this.#call(callbacks.onLost));
        reportedHeld = false;
      }
      await report();
      const wait = this.#durations.retryMs * (1 + random() * JITTER);
      // onLost must not come after the deadline.
      const left = reportedHeld ? (this.#renewedAt ?? 0) + this.#durations.renewDeadlineMs - clock.now() + 1 : wait;
      await clock.sleep(Math.max(0, Math.min(wait, left)), signal).catch(() => {});
      await report();
    }
    if (this.held()) await this.#release(() => (reportedHeld ? this.#call(callbacks.onLost) : Promise.resolve()));
    else if (reportedHeld) await this.#call(callbacks.onLost);
  }

  /** Renews the Lease if it is held, takes it if it is free, else notes when its record changed. */
  async #tryAcquireOrRenew(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { retryMs, renewDeadlineMs } = this.#durations;
    const now = clock.now();
    // After a disconnect, a suspend or a clock change, it is unknown how long the record has been unchanged.
    if (now < this.#attemptedAt || now - this.#attemptedAt > 2 * retryMs) this.#observedAt = now;
    const left = this.#renewedAt === undefined ? renewDeadlineMs : this.#renewedAt + renewDeadlineMs - now;
    // Half of the deadline, as in client-go: a single lost response must not cost the Lease.
    const limit = Math.min(renewDeadlineMs / 2, left > 0 ? left : renewDeadlineMs);
    await withTimeLimit(clock, limit, signal, async (bounded) => {
      if (this.#lease && this.held()) {
        try {
          return await this.#write(this.#lease, bounded);
        } catch (error) {
          // Another client annotated or acquired it: read it again.
          if (!isConflict(error) && !isNotFound(error)) throw error;
        }
      }
      const lease = await this.#read(bounded);
      const free = lease ? this.#isHolderOf(lease) || this.#hasExpired(lease) : this.#mayCreate();
      if (!free) this.#renewedAt = undefined;
      if (free && (this.#renewedAt !== undefined || this.#wants(lease))) await this.#write(lease, bounded);
      else if (lease && !free) await this.#annotate(lease, bounded);
    });
  }

  #wants(lease: Lease | undefined): boolean {
    return this.#options.clock.now() >= this.#standBackUntil && (this.#options.shouldAcquire?.(lease) ?? true);
  }

  #isHolderOf(lease: Lease): boolean {
    return lease.spec?.holderIdentity === this.#options.identity;
  }

  /**
   * Whether it has no holder, a holder that is known to have exited, or an unchanged record for longer than its
   * duration.
   */
  #hasExpired(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || this.#options.abandoned?.(holder)) return true;
    const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
    return this.#options.clock.now() - this.#observedAt > durationMs;
  }

  /** A deleted Lease is honored for its duration, since its holder may not have noticed. */
  #mayCreate(): boolean {
    const { leaseMs } = this.#durations;
    return !this.#lease || this.held() || this.#options.clock.now() - this.#observedAt > leaseMs;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get<Lease>(RESOURCES.leases, { namespace, name }, { signal });
      this.#observe(lease);
      return lease;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (!this.#missing) this.#observedAt = this.#options.clock.now();
      this.#missing = true;
      return undefined;
    }
  }

  #observe(lease: Lease): void {
    const changed = !this.#lease || this.#missing || renewalOf(this.#lease) !== renewalOf(lease);
    this.#missing = false;
    if (changed) this.#observedAt = this.#options.clock.now();
    this.#lease = lease;
  }

  /** Writes this candidate's record over the version that was seen; a 409 means that another candidate was faster. */
  async #write(seen: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity, clock } = this.#options;
    const sentAt = clock.now();
    const renewal = seen !== undefined && this.#isHolderOf(seen);
    const outdated = this.#renewedAt === undefined ? (this.#options.clearOnAcquire ?? []) : [];
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#durations.leaseMs / 1_000),
      renewTime: microTime(sentAt),
      ...(!renewal && {
        acquireTime: microTime(sentAt),
        leaseTransitions: seen ? (seen.spec?.leaseTransitions ?? 0) + 1 : 0,
      }),
    };
    try {
      this.#observe(
        seen
          ? await this.#patch(seen, spec, signal, outdated)
          : await client.create<Lease>(
              RESOURCES.leases,
              namespace,
              { apiVersion: apiVersion(RESOURCES.leases), kind: 'Lease', metadata: { name, namespace }, spec },
              { signal },
            ),
      );
      if (this.#renewedAt !== undefined && !this.held()) this.#lapsed = true;
      this.#renewedAt = sentAt;
    } catch (error) {
      if (renewal || !(isConflict(error) || isAlreadyExists(error))) throw error;
      // Another candidate was faster; the next read shows which.
      this.#renewedAt = undefined;
    }
  }

  /** Changes the spec, with the version that was seen as a precondition; removes the annotations of `outdated`. */
  #patch(seen: Lease, spec: JsonObject, signal: AbortSignal, outdated: readonly string[] = []): Promise<Lease> {
    const { client, namespace, name } = this.#options;
    const { uid, resourceVersion } = seen.metadata;
    const found = outdated.filter((key) => seen.metadata.annotations?.[key] !== undefined);
    const annotations = found.length > 0 ? Object.fromEntries(found.map((key) => [key, null])) : undefined;
    return client.patch<Lease>(
      RESOURCES.leases,
      { namespace, name },
      { metadata: { uid, resourceVersion, ...(annotations && { annotations }) }, spec },
      { signal },
    );
  }

  async #annotate(lease: Lease, signal: AbortSignal): Promise<void> {
    const annotations = this.#options.annotate?.(lease);
    if (!annotations) return;
    const held = lease.metadata.annotations ?? {};
    if (Object.entries(annotations).every(([key, value]) => held[key] === value)) return;
    const { client, namespace, name } = this.#options;
    await client.patch(RESOURCES.leases, { namespace, name }, { metadata: { annotations } }, { signal });
  }

  /** Stops holding, waits for the work in progress, then frees the Lease. */
  async #release(stopWork: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    this.#renewedAt = undefined;
    this.#standBackUntil = clock.now() + STAND_BACK * this.#durations.retryMs;
    await stopWork();
    const now = microTime(clock.now());
    const free = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
    try {
      await withTimeLimit(clock, RELEASE_MS, undefined, async (signal) => {
        // Read again: it may have been annotated, and an aborted renewal may have been written.
        const lease = await this.#read(signal);
        if (lease && this.#isHolderOf(lease)) this.#observe(await this.#patch(lease, free, signal));
      });
    } catch (error) {
      this.#logger.debug({ err: error }, 'could not release lease, it will expire');
    }
  }

  async #call(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.#logger.error({ err: error }, 'lease callback failed');
    }
  }
}
