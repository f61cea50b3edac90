/** Logs an attempt that keeps failing, so that it is not overlooked and does not flood the log. */
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** Time after which an equal failure is a warning again; it doubles each time, up to an hour. In ms. */
const AGAIN_MS = 60_000;
const LONGEST_MS = 3_600_000;

/** The first of equal failures is a warning, and then one after 1, 2, 4, ... minutes; the others are debug messages. */
export class FailureLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The current failure; undefined after a success. */
  #ongoing: { readonly message: string; readonly since: number } | undefined;
  #warnAt = 0;
  #wait = AGAIN_MS;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  failed(error: unknown, message: string): void {
    const now = this.#clock.now();
    const cause = `${message}: ${error}`;
    if (this.#ongoing?.message !== cause) {
      this.#ongoing = { message: cause, since: now };
      this.#wait = AGAIN_MS;
      this.#warnAt = now + this.#wait;
      this.#logger.warn({ err: error }, message);
    } else if (now >= this.#warnAt) {
      this.#wait = Math.min(2 * this.#wait, LONGEST_MS);
      this.#warnAt = now + this.#wait;
      this.#logger.warn({ err: error, forSeconds: Math.round((now - this.#ongoing.since) / 1_000) }, message);
    } else {
      this.#logger.debug({ err: error }, message);
    }
  }

  succeeded(): void {
    this.#ongoing = undefined;
  }
}
