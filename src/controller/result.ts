/** How an attempt ended: to write one change, all changes of a plan, or to reconcile a key. */

/**
 * `unchanged`: nothing was due. `applied`: everything was written. `stale`: an object had changed meanwhile and has been
 * read again. `denied`: the Lease was lost, and whoever holds it now does the work. `reverted`: written, and another
 * client keeps undoing it. `failed`: not written, or not all of it.
 */
export type Outcome = 'unchanged' | 'applied' | 'stale' | 'denied' | 'reverted' | 'failed';

export interface Result {
  readonly outcome: Outcome;
  /** The answer of the API server to a write that it refuses, however often it is sent. */
  readonly refusal?: string;
}

/**
 * When a key is worked on again: not before it is added; at once; after a back-off, or when it is added; or after a
 * back-off even if it is added before, because what undoes the work adds it too.
 */
export type Requeue = 'when-added' | 'at-once' | 'after-backoff' | 'not-before-backoff';

export const REQUEUE: Readonly<Record<Outcome, Requeue>> = {
  unchanged: 'when-added',
  denied: 'when-added',
  // The next step may be possible now, such as the owner's UID for what it owns.
  applied: 'at-once',
  stale: 'at-once',
  failed: 'after-backoff',
  reverted: 'not-before-backoff',
};
