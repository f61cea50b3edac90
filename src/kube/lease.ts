/**
 * Holds one Lease among several candidates. Clocks of different machines are never compared: a candidate measures, by
 * its own clock, how long it has seen the record unchanged.
 *
 * Source: Kubernetes documentation, "Leases"; the algorithm is that of client-go's leaderelection.
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

/** Times of an election, in milliseconds; each smaller than the one before it. */
export interface LeaseDurations {
  /** How long others wait, after the last renewal they saw, before they take over. A multiple of 1,000. */
  readonly leaseMs: number;
  /** How long after its last renewal a holder still counts itself as such. */
  readonly renewDeadlineMs: number;
  /** Between two attempts to acquire or renew the Lease. */
  readonly retryMs: number;
}

/** client-go's. */
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
  /** Asked before a free Lease is taken; undefined where there is no object yet. Default: yes. */
  readonly shouldAcquire?: (lease: Lease | undefined) => boolean;
  /** Asked at each renewal, with the Lease as last written. On yes it is handed to whoever asks first. Default: no. */
  readonly shouldRelease?: (lease: Lease) => boolean;
  /** Annotations to write on a Lease that somebody else holds, which its holder finds within two renewals. */
  readonly annotate?: (lease: Lease) => StringMap | undefined;
  /** Annotations to remove with the write that takes the Lease. */
  readonly clearOnAcquire?: readonly string[];
  /** Whether a holder is known to have ended, so that its Lease is free at once. Default: no. */
  readonly abandoned?: (identity: string) => boolean;
}

/** A promise of `onLost` is awaited before the Lease is released in order. */
export interface LeaseCallbacks {
  readonly onAcquired: () => void;
  readonly onLost: () => void | Promise<void>;
}

/** How long a release at the end may take. */
const RELEASE_MS = 5_000;
/** A candidate that released the Lease stands back for this many retry periods. */
const STAND_BACK = 3;
/** Fraction of `retryMs` by which an attempt may be late, so that candidates do not act together. */
const JITTER = 0.2;

/** The record of a Lease that counts as its life sign: all that a renewal changes. */
function lifeSignOf(lease: Lease): string {
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
  /** It has been deleted since. */
  #missing = false;
  /** When its record was first seen as it is, or missing. */
  #observedAt = 0;
  /** When the request of the last successful renewal was sent; undefined while somebody else holds the Lease. */
  #renewedAt: number | undefined;
  /** The last renewal came after the deadline of the one before: for a while the Lease was not surely ours. */
  #lapsed = false;
  /** When the last attempt that succeeded ended. */
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
   * Whether the Lease is surely ours at this moment. False as soon as the renewal deadline has passed, even where the
   * loop has had no chance to notice; false too where the clock was set back.
   */
  held(): boolean {
    if (this.#renewedAt === undefined) return false;
    const age = this.#options.clock.now() - this.#renewedAt;
    return age >= 0 && age <= this.#durations.renewDeadlineMs;
  }

  /** Who held the Lease when it was last seen; empty where nobody. */
  holder(): string {
    return this.#lease?.spec?.holderIdentity ?? '';
  }

  /** Stands for the Lease until the signal aborts, then gives it back, and resolves. API faults never reject. */
  async run(signal: AbortSignal, callbacks: LeaseCallbacks): Promise<void> {
    const { clock, random } = this.#options;
    let reportedHeld = false;
    let failure = '';
    const report = async () => {
      if (reportedHeld && this.#lapsed && this.held()) {
        // Whoever asked meanwhile was told no, and has to hear that it is ours again.
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
        // Once as a warning; the repetitions would only hide the rest of the log.
        if (!signal.aborted) this.#logger[message === failure ? 'debug' : 'warn']({ err: error }, 'lease not renewed');
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
    // Cut off, asleep, or the clock was set: how long the record has been as it is, is not known any more.
    if (now < this.#attemptedAt || now - this.#attemptedAt > 2 * retryMs) this.#observedAt = now;
    const left = this.#renewedAt === undefined ? renewDeadlineMs : this.#renewedAt + renewDeadlineMs - now;
    // Half of the deadline, as client-go has it: one answer that is lost must not cost the Lease.
    const limit = Math.min(renewDeadlineMs / 2, left > 0 ? left : renewDeadlineMs);
    await withTimeLimit(clock, limit, signal, async (bounded) => {
      if (this.#lease && this.held()) {
        try {
          return await this.#write(this.#lease, bounded);
        } catch (error) {
          // Somebody annotated it, or it is ours no more: the fresh object tells.
          if (!isConflict(error) && !isNotFound(error)) throw error;
        }
      }
      const lease = await this.#read(bounded);
      const free = lease ? this.#isOurs(lease) || this.#hasEnded(lease) : this.#mayCreate();
      if (!free) this.#renewedAt = undefined;
      if (free && (this.#renewedAt !== undefined || this.#wants(lease))) await this.#write(lease, bounded);
      else if (lease && !free) await this.#annotate(lease, bounded);
    });
  }

  #wants(lease: Lease | undefined): boolean {
    return this.#options.clock.now() >= this.#standBackUntil && (this.#options.shouldAcquire?.(lease) ?? true);
  }

  #isOurs(lease: Lease): boolean {
    return lease.spec?.holderIdentity === this.#options.identity;
  }

  /** Nobody holds it, its holder is known to be gone, or its record has not changed for as long as it promised. */
  #hasEnded(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || this.#options.abandoned?.(holder)) return true;
    const promised = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
    return this.#options.clock.now() - this.#observedAt > promised;
  }

  /** A Lease that was there and has been deleted binds as if it were: its holder does not know yet. */
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
    const changed = !this.#lease || this.#missing || lifeSignOf(this.#lease) !== lifeSignOf(lease);
    this.#missing = false;
    if (changed) this.#observedAt = this.#options.clock.now();
    this.#lease = lease;
  }

  /** Writes our renewal over the version that was seen; a 409 means that another was faster. */
  async #write(seen: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity, clock } = this.#options;
    const sentAt = clock.now();
    const renewal = seen !== undefined && this.#isOurs(seen);
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
      // Another was faster; the next look shows who.
      this.#renewedAt = undefined;
    }
  }

  /** Changes the spec of the version that was seen, and of no other; removes the annotations of `outdated`. */
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

  /** Stops holding first, waits for the work under way, then frees the Lease for the next. */
  async #release(stopWork: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    this.#renewedAt = undefined;
    this.#standBackUntil = clock.now() + STAND_BACK * this.#durations.retryMs;
    await stopWork();
    const now = microTime(clock.now());
    const free = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
    try {
      await withTimeLimit(clock, RELEASE_MS, undefined, async (signal) => {
        // Read afresh: it may have been annotated, and a renewal that was cut off may have been written.
        const lease = await this.#read(signal);
        if (lease && this.#isOurs(lease)) this.#observe(await this.#patch(lease, free, signal));
      });
    } catch (error) {
      this.#logger.debug({ err: error }, 'lease not released: it runs out by itself');
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
