/** What a controller gets from its surroundings. */
import type { MemberConfig } from '../config/fleet-config.ts';
import type { FleetOptions } from '../fleet/fleet-options.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Pace } from '../runtime/pace.ts';
import type { Random } from '../runtime/random.ts';
import type { Metrics } from './metrics.ts';
import type { WriteLog } from './write-log.ts';

/** Follows the fleet of a controller; must return at once. */
export type FleetObserver = Pick<FleetOptions, 'changed' | 'memberChanged'>;

export interface ControllerOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  /** Name of this replica in Leases and Events; unique among running processes. */
  readonly identity: string;
  /** Whether the process with an identity is known to have exited. */
  readonly ended: (identity: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where writes are logged. Default: nowhere. */
  readonly writes?: WriteLog;
  /** Informed of changes in the fleet. Default: none. */
  readonly observer?: FleetObserver;
  /** Shared with the connections. Default: slices of the event loop. */
  readonly pace?: Pace;
}
