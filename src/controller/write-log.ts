/** What this replica wrote lately and why, in memory: for the console. */
import type { ServiceKey } from '../api/meta.ts';
import type { Change, Target } from '../core/change.ts';
import type { Outcome } from './result.ts';

/** One write, or its attempt. */
export interface LoggedWrite extends Target {
  /** Increases by one. */
  readonly id: number;
  /** In ms since the epoch. */
  readonly at: number;
  readonly op: Change['op'];
  /** The name that was reconciled; absent for the cleanup of a member. */
  readonly key?: ServiceKey;
  readonly why: string;
  readonly outcome: Outcome;
  /** What the API server said, if it refused the write. */
  readonly refusal?: string;
  /** Time from the change of the source, in ms. */
  readonly lagMs?: number;
}

interface Entered extends Pick<LoggedWrite, 'at' | 'outcome' | 'refusal' | 'lagMs'> {
  readonly key: ServiceKey | undefined;
}

/** Entries that are kept: about a megabyte. */
const KEPT = 2_000;
/** Longest text of an entry. */
const MOST_TEXT = 500;

/** A ring: the oldest entry makes room for the newest. */
export class WriteLog {
  readonly #size: number;
  readonly #entries: LoggedWrite[] = [];
  #written = 0;

  constructor(size = KEPT) {
    this.#size = size;
  }

  /** Entries that made room for others. */
  get dropped(): number {
    return this.#written - this.#entries.length;
  }

  /** `written`: when, for which key, and what became of it. */
  add({ member, resource, namespace, name, op, why }: Change, { at, key, outcome, refusal, lagMs }: Entered): void {
    // Not the change itself: it holds the whole object.
    this.#entries[this.#written % this.#size] = {
      id: ++this.#written,
      member,
      resource,
      namespace,
      name,
      op,
      why: why.slice(0, MOST_TEXT),
      at,
      outcome,
      ...(key !== undefined && { key }),
      ...(lagMs !== undefined && { lagMs }),
      ...(refusal !== undefined && { refusal: refusal.slice(0, MOST_TEXT) }),
    };
  }

  /** The newest first. */
  *recent(): Generator<LoggedWrite, void, undefined> {
    for (let at = this.#written; at > this.#written - this.#entries.length; at--) {
      const entry = this.#entries[(at - 1) % this.#size];
      if (entry) yield entry;
    }
  }
}
