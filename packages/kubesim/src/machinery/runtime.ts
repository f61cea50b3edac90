/** What the outside gives to every loop. The shapes are those of any structured logger and clock. */

/** Time, in milliseconds since the Unix epoch, and waiting. */
export interface Clock {
  now(): number;
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts.
   * A clock of a test may resolve when the test says so.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A random number in [0, 1): handed in where jitter is wanted, so that tests can replay it. */
export type Random = () => number;

/** A structured log, as pino has it: fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}
