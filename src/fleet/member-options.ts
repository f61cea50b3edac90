import type { MemberConfig } from '../config/fleet-config.ts';
import type { FleetNetworks } from '../core/addresses/address-policy.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { CacheLimits } from './export-quota.ts';
import type { MemberChange } from './member-cache.ts';

export interface MemberOptions {
  readonly config: MemberConfig;
  readonly fleet: FleetContext;
  readonly connect: () => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly changed: (change: MemberChange) => void;
  readonly stateChanged: () => void;
  /** Counts the restarts of watches by cause. */
  readonly watchRestarted: (resource: string, reason: string) => void;
  /** Called when the cluster is identified. Rejects if it must not be a member, because it is one under another name. */
  readonly admit: (signal: AbortSignal) => Promise<void>;
  /** Called while the connection needs to be replaced: the files behind it changed, or the cluster is another one. */
  readonly outdated?: () => void;
}

/** The parts of the fleet file that concern every member. */
export interface FleetContext {
  readonly networks: FleetNetworks;
  readonly limits: CacheLimits;
  /** Whether a member may announce addresses outside declared networks. */
  readonly exposed: boolean;
}
