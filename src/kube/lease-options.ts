/** How a candidate takes part in the election for a Lease. */
import type { Lease } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
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
  /** Annotations to write with an acquisition or renewal, or to remove (null). Default: none. */
  readonly annotations?: (use: 'acquire' | 'renew', lease: Lease) => Annotations;
  /** Called for each failed attempt to acquire or renew the Lease. */
  readonly failed?: () => void;
  /** Whether a holder is known to have exited, so that its Lease is free immediately. Default: false. */
  readonly abandoned?: (identity: string) => boolean;
}

export type Annotations = Readonly<Record<string, string | null>>;

/** A promise of `onLost` is awaited before the Lease is released. */
export interface LeaseCallbacks {
  /** `continuous`: no other candidate has held the Lease since this one last held it. */
  readonly onAcquired: (continuous: boolean) => void;
  readonly onLost: () => void | Promise<void>;
}
