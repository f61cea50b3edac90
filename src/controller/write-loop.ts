/** Notices that another controller, or an admission webhook, undoes what is written. */
import type { ServiceKey } from '../api/meta.ts';
import type { Change } from '../core/change.ts';
import { fingerprint } from '../core/fingerprint.ts';

/** After more passes with writes over one key within {@link BUSY_MS} the writes are compared: the same twice was undone. */
const MOST_PASSES = 20;
const BUSY_MS = 10_000;
/** They are compared until there has been none for this long, in ms; longer than any back-off. */
const QUIET_MS = 60_000;
/** Parts of a change that differ each time that it is planned. */
const VARYING: ReadonlySet<string> = new Set(['precondition', 'lastTransitionTime']);

/** Passes with writes over one key. */
interface Passes {
  readonly since: number;
  readonly lastAt: number;
  readonly count: number;
  /** Fingerprints of what was written, once there were too many. */
  readonly seen: Set<string>;
}

/** The passes with writes of one member. */
export class WriteLoopDetector {
  /** By key, the one that was written last at the end. */
  readonly #passes = new Map<ServiceKey, Passes>();

  /** Enters a pass that wrote, at a time in ms since the epoch; returns whether it repeats one that was undone. */
  note(key: ServiceKey, changes: readonly Change[], now: number): boolean {
    const { count, seen } = this.#enter(key, now);
    if (count <= MOST_PASSES) return false;
    const print = fingerprint(JSON.stringify(changes, (field, value) => (VARYING.has(field) ? undefined : value)));
    if (seen.has(print)) return true;
    // Other writes each time: much happens.
    if (seen.size >= MOST_PASSES) seen.clear();
    seen.add(print);
    return false;
  }

  #enter(key: ServiceKey, now: number): Passes {
    const last = this.#passes.get(key);
    const goesOn = last && now - last.lastAt < QUIET_MS && (last.count > MOST_PASSES || now - last.since < BUSY_MS);
    const passes = goesOn
      ? { ...last, lastAt: now, count: last.count + 1 }
      : { since: now, lastAt: now, count: 1, seen: new Set<string>() };
    this.#passes.delete(key);
    this.#passes.set(key, passes);
    for (const [other, { lastAt }] of this.#passes) {
      if (now - lastAt < QUIET_MS) break;
      this.#passes.delete(other);
    }
    return passes;
  }
}
