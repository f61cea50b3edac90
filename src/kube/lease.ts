/**
 * Leader election among several candidates for one Lease. Clocks of different machines are never compared: a candidate
 * measures by its own clock how long the record has been unchanged.
 *
 * Source: Kubernetes documentation, "Leases"; the algorithm of client-go's leaderelection.
 */
import type { Lease } from '../api/core.ts';
import type { JsonObject } from '../api/json.ts';
import { apiVersion, RESOURCES } from '../api/resources.ts';
import { microTime } from '../api/time.ts';
import { FailureLog } from '../runtime/failure-log.ts';
import type { Logger } from '../runtime/logger.ts';
import { withTimeLimit } from '../runtime/watchdog.ts';
import { isAlreadyExists, isConflict, isNotFound } from './client/api-errors.ts';
import {
  type Annotations,
  DEFAULT_LEASE_DURATIONS,
  type LeaseCallbacks,
  type LeaseDurations,
  type LeaseOptions,
} from './lease-options.ts';
import { LeaseRecord } from './lease-record.ts';

/** Timeout of a release. */
const RELEASE_MS = 5_000;
/** A candidate that released the Lease does not compete for this many retry periods. */
const STAND_BACK = 3;
/** Without an explicit reason, abort() creates an error with a stack. */
const NUDGED = 'nudged';
/** Fraction of `retryMs` by which an attempt may be delayed, so that candidates do not act together. */
const JITTER = 0.2;

/** One candidate for one Lease. */
export class LeaseHolder {
  readonly #options: LeaseOptions;
  readonly #durations: LeaseDurations;
  readonly #logger: Logger;
  readonly #record: LeaseRecord;
  readonly #failures: FailureLog;
  /** When the last successful renewal was sent; undefined while another candidate holds the Lease. */
  #renewedAt: number | undefined;
  /** The last renewal came after the deadline of the previous one: meanwhile, the Lease was not safely held. */
  #lapsed = false;
  /** Whether no other candidate held the Lease before the last acquisition of this one. */
  #continuous = false;
  /** The holder that this candidate was last reported to stand by for. */
  #standingBy = '';
  #nudged = new AbortController();
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
    const { identity, clock, abandoned = () => false } = options;
    this.#record = new LeaseRecord({ identity, clock, abandoned });
    this.#failures = new FailureLog(clock, this.#logger);
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

  /** The Lease when it was last seen; undefined if it never was. */
  get lease(): Lease | undefined {
    return this.#record.lease;
  }

  /** Holder of the Lease when it was last seen; empty if none. */
  holder(): string {
    return this.#record.lease?.spec?.holderIdentity ?? '';
  }

  /** Whether no other candidate is known to have held the Lease since this one did, so that it may resume its work. */
  mayResume(): boolean {
    return this.#record.isContinuous;
  }

  /** Makes the next attempt now, because `shouldAcquire` may have changed its mind. */
  nudge(): void {
    if (!this.held()) this.#nudged.abort(NUDGED);
  }

  /** Competes for the Lease until the signal aborts, then releases it and resolves. API errors never reject. */
  async run(signal: AbortSignal, callbacks: LeaseCallbacks): Promise<void> {
    const { clock, random } = this.#options;
    let reportedHeld = false;
    const report = async () => {
      if (reportedHeld && this.#lapsed && this.held()) {
        // held() was false in the meantime: report the loss, so that the Lease is acquired again from the start.
        reportedHeld = false;
        this.#logger.info({}, 'lease renewed late');
        await this.#call(callbacks.onLost);
      }
      this.#lapsed = false;
      this.#reportHolder();
      if (this.held() === reportedHeld) return;
      reportedHeld = !reportedHeld;
      const { onAcquired, onLost } = callbacks;
      const continuous = this.#continuous;
      // One that was released on purpose is not reported here.
      if (reportedHeld) this.#logger.info({ continuous }, 'lease acquired');
      else this.#logger.warn({}, 'lease lost');
      await this.#call(() => (reportedHeld ? onAcquired(continuous) : onLost()));
    };
    signal.addEventListener('abort', () => this.#nudged.abort(NUDGED), { once: true });
    while (!signal.aborted) {
      try {
        await this.#tryAcquireOrRenew(signal);
        this.#attemptedAt = clock.now();
        this.#failures.succeeded();
      } catch (error) {
        if (!signal.aborted) {
          this.#failures.failed(error, 'failed to acquire or renew lease');
          this.#options.failed?.();
        }
      }
      if (reportedHeld && this.held() && this.lease && this.#options.shouldRelease?.(this.lease)) {
        await this.#release(() => this.#call(callbacks.onLost));
        reportedHeld = false;
      }
      await report();
      const wait = this.#durations.retryMs * (1 + random() * JITTER);
      // onLost must not come after the deadline.
      const left = reportedHeld ? (this.#renewedAt ?? 0) + this.#durations.renewDeadlineMs - clock.now() + 1 : wait;
      await clock.sleep(Math.max(0, Math.min(wait, left)), this.#nudged.signal).catch(() => {});
      if (this.#nudged.signal.aborted && !signal.aborted) this.#nudged = new AbortController();
      await report();
    }
    if (this.held()) await this.#release(() => (reportedHeld ? this.#call(callbacks.onLost) : Promise.resolve()));
    else if (reportedHeld) await this.#call(callbacks.onLost);
  }

  /** Logs once per holder who writes instead of this candidate. */
  #reportHolder(): void {
    const holder = this.held() ? '' : this.holder();
    if (holder === this.#standingBy || holder === this.#options.identity) return;
    this.#standingBy = holder;
    const { namespace, name } = this.#options;
    if (holder !== '') this.#logger.info({ holder }, `standing by: Lease ${namespace}/${name} is held by ${holder}`);
  }

  /** Renews the Lease if it is held, takes it if it is free, else notes when its record changed. */
  async #tryAcquireOrRenew(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { retryMs, renewDeadlineMs } = this.#durations;
    const now = clock.now();
    // After a disconnect, a suspend or a clock change, it is unknown how long the record has been unchanged.
    if (now < this.#attemptedAt || now - this.#attemptedAt > 2 * retryMs) this.#record.restart();
    const left = this.#renewedAt === undefined ? renewDeadlineMs : this.#renewedAt + renewDeadlineMs - now;
    // Half of the deadline, as in client-go: a single lost response must not cost the Lease.
    const limit = Math.min(renewDeadlineMs / 2, left > 0 ? left : renewDeadlineMs);
    await withTimeLimit(clock, limit, signal, async (bounded) => {
      if (this.lease && this.held()) {
        try {
          return await this.#write(this.lease, bounded);
        } catch (error) {
          // Another client annotated or acquired it: read it again.
          if (!isConflict(error) && !isNotFound(error)) throw error;
        }
      }
      const lease = await this.#read(bounded);
      const free = lease ? this.#record.isOwn(lease) || this.#record.hasExpired(lease) : this.#mayCreate();
      if (!free) this.#renewedAt = undefined;
      if (free && (this.#renewedAt !== undefined || this.#wants(lease))) await this.#write(lease, bounded);
      else if (lease && !free) await this.#annotate(lease, bounded);
    });
  }

  #wants(lease: Lease | undefined): boolean {
    return this.#options.clock.now() >= this.#standBackUntil && (this.#options.shouldAcquire?.(lease) ?? true);
  }

  /** A deleted Lease is honored for its duration, since its holder may not have noticed. */
  #mayCreate(): boolean {
    const { leaseMs } = this.#durations;
    return !this.lease || this.held() || this.#record.age > leaseMs;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get<Lease>(RESOURCES.leases, { namespace, name }, { signal, vital: true });
      this.#record.seen(lease);
      return lease;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#record.gone();
      return undefined;
    }
  }

  /** Writes this candidate's record over the version that was seen; a 409 means that another candidate was faster. */
  async #write(seen: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity, clock } = this.#options;
    const sentAt = clock.now();
    const renewal = seen !== undefined && this.#record.isOwn(seen);
    const isContinuous = this.#record.isContinuous;
    const use = this.#renewedAt === undefined ? 'acquire' : 'renew';
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
      this.#record.wrote(
        seen
          ? await this.#patch(seen, spec, signal, this.#options.annotations?.(use, seen))
          : await client.create<Lease>(
              RESOURCES.leases,
              namespace,
              { apiVersion: apiVersion(RESOURCES.leases), kind: 'Lease', metadata: { name, namespace }, spec },
              { signal, vital: true },
            ),
      );
      if (this.#renewedAt !== undefined && !this.held()) this.#lapsed = true;
      if (!this.held()) this.#continuous = isContinuous;
      this.#renewedAt = sentAt;
    } catch (error) {
      if (renewal || !(isConflict(error) || isAlreadyExists(error))) throw error;
      // Another candidate was faster; the next read shows which.
      this.#renewedAt = undefined;
    }
  }

  /** Changes the spec, with the version that was seen as a precondition, and the annotations that differ. */
  #patch(seen: Lease, spec: JsonObject, signal: AbortSignal, wanted: Annotations = {}): Promise<Lease> {
    const { client, namespace, name } = this.#options;
    const { uid, resourceVersion } = seen.metadata;
    const found = seen.metadata.annotations ?? {};
    const different = Object.entries(wanted).filter(([key, value]) => (found[key] ?? null) !== value);
    const annotations = different.length > 0 && Object.fromEntries(different);
    return client.patch<Lease>(
      RESOURCES.leases,
      { namespace, name },
      { metadata: { uid, resourceVersion, ...(annotations && { annotations }) }, spec },
      { signal, vital: true },
    );
  }

  async #annotate(lease: Lease, signal: AbortSignal): Promise<void> {
    const annotations = this.#options.annotate?.(lease);
    if (!annotations) return;
    const held = lease.metadata.annotations ?? {};
    if (Object.entries(annotations).every(([key, value]) => held[key] === value)) return;
    const { client, namespace, name } = this.#options;
    await client.patch(RESOURCES.leases, { namespace, name }, { metadata: { annotations } }, { signal, vital: true });
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
        if (lease && this.#record.isOwn(lease)) this.#record.seen(await this.#patch(lease, free, signal));
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
