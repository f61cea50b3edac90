/** Plans without writing. */
import type { FleetConfig } from '../config/fleet-config.ts';
import type { Change } from '../core/change.ts';
import { Derivations } from '../core/desired/derivations.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { changesFor } from './reconcile.ts';
import { type Survey, type SurveyOptions, survey } from './survey.ts';

/** The plans of the next pass for every member that could be listed; rejects with the signal's reason if it aborts. */
export function dryRun(
  config: FleetConfig,
  options: SurveyOptions,
  signal: AbortSignal,
): Promise<Survey<readonly Change[]>> {
  return survey(config, options, signal, (fleet) => changesOf(fleet, options.clock.now()));
}

function changesOf(fleet: Fleet, now: number): readonly Change[] {
  const derivations = new Derivations();
  const keys = [...fleet.index.keys()].sort();
  return fleet.members
    .filter((member) => member.cache.synced)
    .flatMap((member) => keys.flatMap((key) => changesFor(fleet.view(key, member, now), derivations, now)));
}
