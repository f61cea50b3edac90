/** Events expire one hour after their last write. Source: kube-apiserver, --event-ttl. */

import type { ObjectKey } from '../machinery/object.ts';
import type { Clock } from '../machinery/runtime.ts';
import { keyText } from './collection.ts';
import type { Store } from './store.ts';

const EVENTS = '/events';
const KEPT_MS = 3_600_000;

interface Due {
  readonly key: ObjectKey;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Removes expired Events. */
export class EventExpiry {
  readonly #store: Store;
  readonly #clock: Clock;
  /** In order of expiry. */
  readonly #due = new Map<string, Due>();
  #running = false;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Runs until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#store.subscribe(({ resource, object, old }) => {
      if (resource !== EVENTS) return;
      if (old) this.#due.delete(keyText(old.metadata));
      if (!object) return;
      this.#due.set(keyText(object.metadata), { key: object.metadata, at: this.#clock.now() + KEPT_MS });
      if (this.#running) return;
      this.#running = true;
      // Fails only when the server closes.
      this.#run(signal).catch(() => {});
    }, signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let [next] = this.#due.values(); next; [next] = this.#due.values()) {
      const left = next.at - this.#clock.now();
      if (left > 0) await this.#clock.sleep(left, signal);
      else this.#store.remove(EVENTS, next.key);
    }
    this.#running = false;
  }
}
