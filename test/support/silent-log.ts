import type { Logger } from '../../src/runtime/logger.ts';

/** A log that keeps nothing. */
export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
};
