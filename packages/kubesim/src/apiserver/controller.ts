/** Work that follows a write, as controllers do it: not within the write, but right after it, in the order it came. */
import type { Logger } from '../machinery/runtime.ts';

/** Keys to look at, each once however often it is noted; looked at when the code that noted them has ended. */
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
