/** What every loop is given from outside. */

/** Time, in milliseconds since the Unix epoch, and waiting. */
export interface Clock {
  now(): number;
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts.
   * The clock of a test may resolve when the test lets it.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A random number in [0, 1): handed in where jitter is wanted, so that tests can replay it. */
export type Random = () => number;

/** A structured log, such as pino's: fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}
