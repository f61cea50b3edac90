/** What is known of a member, from the state of its informers. */
import { isOverBudget } from '../kube/client/budget.ts';
import type { InformersState } from '../kube/watch/informers.ts';

/**
 * `unreachable` keeps its last known data; `unknown` has none yet. `refused`: the cluster may not be this member, or it
 * exceeds its budget, in which case its data from before `since`, if any, is kept. `since` is in ms since the epoch.
 */
export type MemberState =
  | { readonly phase: 'unknown'; readonly error?: Error }
  | { readonly phase: 'ready' }
  | { readonly phase: 'unreachable'; readonly since: number; readonly error: Error }
  | { readonly phase: 'refused'; readonly since?: number; readonly error: Error };

/** Errors that the informers do not see. */
export interface MemberErrors {
  /** What is behind an error of the informers. */
  readonly diagnosis: Error | undefined;
  /** Why there is no connection. */
  readonly connect: Error | undefined;
}

/** The state of a member that is not refused for what it is. */
export function memberState(state: InformersState | undefined, { diagnosis, connect }: MemberErrors): MemberState {
  switch (state?.phase) {
    case 'watching':
      return { phase: 'ready' };
    case 'lost': {
      const { since, error } = state;
      if (isOverBudget(error)) return { phase: 'refused', since, error };
      return { phase: 'unreachable', since, error: diagnosis ?? error };
    }
    default: {
      const error = state?.error ?? connect;
      if (isOverBudget(error)) return { phase: 'refused', error };
      const shown = diagnosis ?? error;
      return { phase: 'unknown', ...(shown && { error: shown }) };
    }
  }
}

/** Since when nothing has been learned from a member that was known before, in ms since the epoch. */
export function lostSince(state: MemberState): number | undefined {
  return state.phase === 'unreachable' || state.phase === 'refused' ? state.since : undefined;
}
