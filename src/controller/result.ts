/** The result of an attempt: to write a change, to apply a plan, or to reconcile a key. */

/**
 * `unchanged`: nothing was due. `applied`: everything was written. `stale`: an object had changed and has been read
 * again. `denied`: the Lease was lost; its new holder does the work, or this replica if it gets the Lease back. `reverted`: written, but another client keeps
 * reverting it. `failed`: not written, or only partly.
 */
export type Outcome = 'unchanged' | 'applied' | 'stale' | 'denied' | 'reverted' | 'failed';

export interface Result {
  readonly outcome: Outcome;
  /** Message of the API server for a write that it refuses, and will refuse again. */
  readonly refusal?: string;
  /** When changes that were held back can be written, in ms. */
  readonly retryMs?: number;
}

/**
 * When a key is processed again: when it is added; when the queue is open again, unless it is cleared; at once; after a
 * back-off, or when it is added; after a back-off even if it is added before, because the client that reverts the writes
 * also adds it; or after a number of milliseconds, or when it is added.
 */
export type Requeue = 'when-added' | 'when-open' | 'at-once' | 'after-backoff' | 'not-before-backoff' | number;

const BY_OUTCOME: Readonly<Record<Outcome, Requeue>> = {
  unchanged: 'when-added',
  denied: 'when-open',
  // The write may enable the next step: creating owned objects, for example, requires the UID of the owner.
  applied: 'at-once',
  stale: 'at-once',
  failed: 'after-backoff',
  reverted: 'not-before-backoff',
};

/** When to process a key again after a result. */
export function requeueOf({ outcome, retryMs }: Result): Requeue {
  return outcome === 'unchanged' && retryMs !== undefined ? retryMs : BY_OUTCOME[outcome];
}
