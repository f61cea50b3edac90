/** Options and result of a join. */
import type { Outcome } from '../install/create-objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';

/** Ranges that the user declares; those that are left out are found. */
export interface DeclaredRanges {
  readonly podCIDRs?: string;
  readonly serviceCIDRs?: string;
  readonly nodeCIDRs?: string;
  readonly extraCIDRs?: string;
}

export interface JoinOptions {
  readonly name: string;
  readonly member: KubeClient;
  readonly hub: KubeClient;
  /** Of the controller in the hub, and of its account in the member. */
  readonly namespace: string;
  /** How the controller reaches the API server of the member. */
  readonly server: string;
  /** PEM. Default: the system's certificate authorities. */
  readonly ca?: string;
  readonly ranges: DeclaredRanges;
  /** Whether the member may be the cluster of the hub. */
  readonly hubIsMember: boolean;
  /** Lifetime of the token, in ms. */
  readonly lifetimeMs: number;
  /** How long to wait for the controller, in ms; 0: not at all. */
  readonly timeoutMs: number;
  readonly dryRun: boolean;
  /** Of the program. */
  readonly version: string;
  /** Of the member, such as `1.34`. */
  readonly kubernetes: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is being done, for a user who waits. */
  readonly onProgress: (text: string) => void;
  readonly onOutcome: (outcome: JoinOutcome) => void;
}

/** What happened to an object, or would. */
export interface JoinOutcome extends Outcome {
  readonly cluster: string;
}

export interface JoinResult {
  readonly name: string;
  readonly clusterId: string;
  readonly server: string;
  readonly ranges: Readonly<Record<string, readonly string[]>>;
  /** Where ranges that were not declared come from. */
  readonly origins: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly wasMember: boolean;
  /** RFC 3339. */
  readonly tokenExpiresAt?: string;
  /** The replica that writes to the member; absent if it was not waited for. */
  readonly writer?: string;
}

/** Removes what was created, the last first. */
export type Undo = (() => Promise<unknown>)[];
