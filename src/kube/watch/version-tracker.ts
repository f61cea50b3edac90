/** Follows the version of API servers that may be upgraded in place, one after another behind one address. */
import type { ServerVersion } from '../server-version.ts';

/** How long every response has to have a newer version before it counts, in ms. */
const SETTLED_MS = 60_000;

/** The oldest version that responses had lately, so that nothing is used that one of the API servers lacks. */
export class VersionTracker {
  #current: ServerVersion | undefined;
  #newer: { readonly version: ServerVersion; readonly since: number } | undefined;

  constructor(version: ServerVersion | undefined) {
    this.#current = version;
  }

  get current(): ServerVersion | undefined {
    return this.#current;
  }

  /** Takes the version of a response into account; returns whether the current minor version has changed. */
  seen(version: ServerVersion, now: number): boolean {
    const before = this.#current?.minor;
    if (before === undefined || version.minor <= before) {
      this.#current = version;
      this.#newer = undefined;
    } else if (!this.#newer || version.minor < this.#newer.version.minor) {
      this.#newer = { version, since: this.#newer?.since ?? now };
    }
    if (this.#newer && now - this.#newer.since >= SETTLED_MS) {
      this.#current = this.#newer.version;
      this.#newer = undefined;
    }
    return this.#current?.minor !== before;
  }
}
