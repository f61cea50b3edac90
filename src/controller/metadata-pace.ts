/**
 * Limits writes that only describe: the labels and annotations of imports, and the status of exports. A user who changes
 * an exported annotation a hundred times per second would otherwise cause as many writes in every cluster. Endpoints and
 * specs never wait.
 */
import type { ServiceKey } from '../api/meta.ts';
import type { Change } from '../core/change.ts';

/** Minimum time between two such writes for a name, in ms. */
const INTERVAL_MS = 1_000;

function isDescriptive(change: Change): boolean {
  if (change.op !== 'patch') return false;
  if (change.resource === 'serviceExports') return true;
  const fields = Object.keys(change.patch);
  return change.resource === 'serviceImports' && fields.length === 1 && fields[0] === 'metadata';
}

/** Changes that can be written now. `waitMs`: when the others can be, in ms. */
export interface DueChanges {
  readonly changes: readonly Change[];
  readonly waitMs?: number;
}

export class MetadataPace {
  /** Times of the last writes, in ms since the epoch; the oldest first. */
  readonly #writtenAt = new Map<ServiceKey, number>();

  /** Holds back descriptive changes that follow too soon. `now` is in ms since the epoch. */
  due(key: ServiceKey, changes: readonly Change[], now: number): DueChanges {
    if (!changes.some(isDescriptive)) return { changes };
    this.#forget(now);
    const last = this.#writtenAt.get(key);
    if (last !== undefined) {
      return { changes: changes.filter((change) => !isDescriptive(change)), waitMs: last + INTERVAL_MS - now };
    }
    this.#writtenAt.set(key, now);
    return { changes };
  }

  #forget(now: number): void {
    for (const [key, at] of this.#writtenAt) {
      // A clock that was set back must not hold up writes.
      if (at <= now && now - at < INTERVAL_MS) break;
      this.#writtenAt.delete(key);
    }
  }
}
