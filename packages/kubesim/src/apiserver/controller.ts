/** Reactions to writes, as in controllers: not during the write, but right after it, in order. */
import type { Logger } from '../machinery/runtime.ts';

/** A deduplicating queue of keys. They are processed after the code that enqueued them has returned. */
export class WorkQueue {
  readonly #work: (key: string) => void;
  readonly #logger: Logger;
  readonly #keys = new Set<string>();
  #scheduled = false;

  constructor(work: (key: string) => void, logger: Logger) {
    this.#work = work;
    this.#logger = logger;
  }

  add(key: string): void {
    this.#keys.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    this.#scheduled = false;
    for (const key of this.#keys) {
      this.#keys.delete(key);
      try {
        this.#work(key);
      } catch (error) {
        this.#logger.error({ key, err: error }, 'a controller of the API server failed');
      }
    }
  }
}
