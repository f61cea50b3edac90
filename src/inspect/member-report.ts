/** A member as it was found, as plain data. */
import type { Lease } from '../api/core.ts';
import { RESOURCES } from '../api/resources.ts';
import type { LeaseConfig } from '../config/fleet-config.ts';
import type { Member } from '../fleet/member.ts';
import type { MemberState } from '../fleet/member-state.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import { toError } from '../runtime/thrown.ts';

/**
 * Who writes to a member, by its Lease. `expired`: no replica has renewed it in time, by the clock of this machine and
 * the time in the Lease, so clocks that differ by more than its duration mislead. `none`: it does not exist or is free.
 */
export type Writer =
  | { readonly state: 'active' | 'expired'; readonly holder: string; readonly renewedAt: string }
  | { readonly state: 'none' }
  | { readonly state: 'unknown'; readonly error: string };

export interface MemberReport {
  readonly name: string;
  readonly state: MemberState['phase'];
  /** Why it is not ready. */
  readonly error?: string;
  readonly writer: Writer;
  readonly exports: number;
  readonly imports: number;
}

function writerBy({ spec = {} }: Lease, now: number): Writer {
  const { holderIdentity: holder = '', renewTime, leaseDurationSeconds = 0 } = spec;
  const renewed = Date.parse(renewTime ?? '');
  if (holder === '' || renewTime === undefined || Number.isNaN(renewed)) return { state: 'none' };
  const isActive = now - renewed <= leaseDurationSeconds * 1_000;
  return { state: isActive ? 'active' : 'expired', holder, renewedAt: renewTime };
}

/** Reads the Lease of a member. `now` is in ms since the epoch. */
export async function writerOf(
  { client, state }: Member,
  { namespace, name }: LeaseConfig,
  now: number,
  signal: AbortSignal,
): Promise<Writer> {
  if (!client || state.phase !== 'ready') return { state: 'unknown', error: 'the member does not respond' };
  try {
    return writerBy(await client.get<Lease>(RESOURCES.leases, { namespace, name }, { signal }), now);
  } catch (error) {
    signal.throwIfAborted();
    if (isAbsent(error)) return { state: 'none' };
    return { state: 'unknown', error: toError(error).message };
  }
}

export function memberReport({ name, state, cache }: Member, writer: Writer): MemberReport {
  const error = state.phase === 'ready' ? undefined : state.error?.message;
  return {
    name,
    state: state.phase,
    ...(error !== undefined && { error }),
    writer,
    exports: cache.exports.size,
    imports: cache.imports.size,
  };
}
