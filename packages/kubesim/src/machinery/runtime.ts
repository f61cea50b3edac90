/** Dependencies injected into every loop. */

/** Time in milliseconds since the Unix epoch, and sleeping. */
export interface Clock {
  now(): number;
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. A test clock may resolve
   * when the test advances it.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A random number in [0, 1). Injected, so that tests are reproducible. */
export type Random = () => number;

/** A structured logger such as pino's: fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}
