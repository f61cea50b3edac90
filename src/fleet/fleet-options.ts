import type { MemberConfig } from '../config/fleet-config.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Pace } from '../runtime/pace.ts';
import type { Random } from '../runtime/random.ts';
import type { Member } from './member.ts';
import type { MemberChange } from './member-cache.ts';

export interface FleetOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Default: never waits. */
  readonly pace?: Pace;
  /** Called after a change in the cache of a member. */
  readonly changed: (member: Member, change: MemberChange) => void;
  /** Called when a member becomes known, reachable, unreachable or refused. */
  readonly memberChanged: (member: Member) => void;
  readonly watchRestarted: (member: string, resource: string, reason: string) => void;
  /** Whether a removed member may leave. Default: yes. */
  readonly mayDepart?: (member: Member) => boolean;
  /** Called when a removed member no longer takes part; it stays watched, for its cleanup, until `Fleet.forget`. */
  readonly departed?: (member: Member) => void;
  /**
   * Called when a successor takes the place of a member. The views already show the successor, the index still has the
   * member's keys, and the member's connection stays open until the promise resolves.
   */
  readonly replaced?: (member: Member, successor: Member) => Promise<void>;
}
