/** Detects that another controller, or an admission webhook, reverts writes. */
import type { ServiceKey } from '../api/meta.ts';
import type { Change } from '../core/change.ts';
import { fingerprint } from '../core/fingerprint.ts';

/**
 * After more writing passes than this for a key within {@link BUSY_MS}, writes are compared: a repeated one was
 * reverted.
 */
const MOST_PASSES = 20;
const BUSY_MS = 10_000;
/** Writes are compared until there has been none for this long, in ms; longer than any back-off. */
const QUIET_MS = 60_000;

/** Identifies what is written. Preconditions, and the times in a status, differ each time the same is planned. */
function printOf(changes: readonly Change[]): string {
  const written = changes.map((change) => ({ ...change, precondition: undefined }));
  // A replacer is called for each field, which an endpoint change with its many addresses need not pay for.
  const hasTimes = changes.some(({ stage }) => stage === 'status');
  return fingerprint(JSON.stringify(written, hasTimes ? withoutTimes : undefined));
}

function withoutTimes(field: string, value: unknown): unknown {
  return field === 'lastTransitionTime' ? undefined : value;
}

interface Passes {
  readonly since: number;
  readonly lastAt: number;
  readonly count: number;
  /** Fingerprints of the writes, once there were too many. */
  readonly seen: Set<string>;
  /** The cause of these writes. */
  cause: string;
}

export class WriteLoopDetector {
  /** By key, ordered by the last write. */
  readonly #passes = new Map<ServiceKey, Passes>();

  /**
   * Adds a writing pass; returns whether it repeats a reverted one. `now` is in ms since the epoch. `cause` identifies
   * the exports: if users create and delete them, the same writes are due again.
   */
  note(key: ServiceKey, changes: readonly Change[], now: number, cause: () => string): boolean {
    const passes = this.#enter(key, now);
    const { count, seen } = passes;
    if (count <= MOST_PASSES) return false;
    const current = cause();
    if (passes.cause !== current) seen.clear();
    passes.cause = current;
    const print = printOf(changes);
    if (seen.has(print)) return true;
    // The writes differ, so the object really changes.
    if (seen.size >= MOST_PASSES) seen.clear();
    seen.add(print);
    return false;
  }

  #enter(key: ServiceKey, now: number): Passes {
    const last = this.#passes.get(key);
    const goesOn = last && now - last.lastAt < QUIET_MS && (last.count > MOST_PASSES || now - last.since < BUSY_MS);
    const passes = goesOn
      ? { ...last, lastAt: now, count: last.count + 1 }
      : { since: now, lastAt: now, count: 1, seen: new Set<string>(), cause: '' };
    this.#passes.delete(key);
    this.#passes.set(key, passes);
    for (const [other, { lastAt }] of this.#passes) {
      if (now - lastAt < QUIET_MS) break;
      this.#passes.delete(other);
    }
    return passes;
  }
}
