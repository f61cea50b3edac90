/** Plans without writing. */
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import type { Change } from '../core/change.ts';
import { Derivations } from '../core/desired/derivations.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { changesFor } from './reconcile.ts';
import { Settling } from './settling.ts';

const POLL_MS = 50;

export interface DryRunOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The plans of the next pass, for every member that could be listed. Waits until every member has been listed or has
 * failed; rejects with the signal's reason if it aborts first.
 */
export async function dryRun(
  config: FleetConfig,
  { connect, clock, random, logger }: DryRunOptions,
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const ignore = (): void => {};
  const fleet = new Fleet(config, {
    connect,
    clock,
    random,
    logger,
    changed: ignore,
    memberChanged: ignore,
    watchRestarted: ignore,
  });
  const settling = new Settling();
  const derivations = new Derivations();
  try {
    await fleet.apply(config);
    settling.update(fleet.members, clock.now());
    while (!settling.settled) {
      await clock.sleep(POLL_MS, signal);
      settling.update(fleet.members, clock.now());
    }
    const keys = [...fleet.index.keys()].sort();
    const now = clock.now();
    return fleet.members
      .filter((member) => member.cache.synced)
      .flatMap((member) => keys.flatMap((key) => changesFor(fleet.view(key, member, now), derivations, now)));
  } finally {
    await fleet.close();
  }
}
