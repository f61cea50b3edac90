/**
 * Reports that are written once (`once` of a change). Another implementation of the API may replace all conditions of an
 * import in every pass, so a repeated report would be a fight over it. After a restart, it is written once more.
 */
import type { ServiceKey } from '../api/meta.ts';
import type { Change } from '../core/change.ts';

/** Maximum number of names whose report is remembered. */
const CAPACITY = 10_000;

export class SingleReports {
  /** By key, what the last report was about; the oldest first. */
  readonly #written = new Map<ServiceKey, string>();

  /** Changes without reports that have been written. */
  due(key: ServiceKey, changes: readonly Change[]): readonly Change[] {
    const last = this.#written.get(key);
    return last === undefined ? changes : changes.filter(({ once }) => once !== last);
  }

  /** Remembers the reports among changes that have been written. */
  note(key: ServiceKey, changes: readonly Change[]): void {
    for (const { once } of changes) {
      if (once === undefined) continue;
      this.#written.delete(key);
      this.#written.set(key, once);
    }
    const [oldest] = this.#written.keys();
    if (oldest !== undefined && this.#written.size > CAPACITY) this.#written.delete(oldest);
  }
}
