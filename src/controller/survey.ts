/** Lists all members once, for commands that report on the fleet and exit. */
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import { CatamaranError, ErrorList, type Problem } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { SETTLE_MS, Settling } from './settling.ts';

const POLL_MS = 50;

export interface SurveyOptions {
  readonly connect: (member: MemberConfig) => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Result of a survey: what was computed from the listed members, and one problem for each of the others. */
export interface Survey<T> {
  readonly result: T;
  readonly unlisted: readonly Problem[];
}

/**
 * Lists the members and calls `read` with the fleet. Waits until every member has been listed or has failed, or none
 * has made progress for {@link SETTLE_MS}; rejects with the signal's reason if it aborts first.
 */
export async function survey<T>(
  config: FleetConfig,
  { connect, clock, random, logger }: SurveyOptions,
  signal: AbortSignal,
  read: (fleet: Fleet) => T | Promise<T>,
): Promise<Survey<T>> {
  const ignore = (): void => {};
  const fleet = new Fleet(config, {
    connect,
    clock,
    random,
    logger: withoutWarnings(logger),
    changed: ignore,
    memberChanged: ignore,
    watchRestarted: ignore,
  });
  const settling = new Settling();
  try {
    await fleet.apply(config);
    settling.update(fleet.members, clock.now());
    while (!settling.settled) {
      await clock.sleep(POLL_MS, signal);
      settling.update(fleet.members, clock.now());
    }
    return { result: await read(fleet), unlisted: fleet.members.flatMap(problemOf) };
  } finally {
    await fleet.close();
  }
}

/** Members that were not listed, as an error whose problems are those of the members. */
export class UnlistedError extends ErrorList {
  constructor(unlisted: readonly Problem[]) {
    super('CTM_MEMBER_UNLISTED', unlisted);
  }
}

function problemOf({ name, cache, state }: Member): Problem[] {
  if (cache.synced) return [];
  const cause = state.phase === 'ready' ? undefined : state.error;
  const reason = cause?.message ?? `no complete response within ${SETTLE_MS / 1_000} s`;
  return [
    {
      code: cause instanceof CatamaranError ? cause.code : 'CTM_MEMBER_UNLISTED',
      message: `member "${name}" could not be listed: ${reason}`,
    },
  ];
}

/** The caller reports what went wrong, once per member. */
function withoutWarnings(logger: Logger): Logger {
  const info = (fields: object, message: string) => logger.info(fields, message);
  const debug = (fields: object, message: string) => logger.debug(fields, message);
  return { debug, info, warn: info, error: info, child: (fields) => withoutWarnings(logger.child(fields)) };
}
