import type { Logger } from '../../src/runtime/logger.ts';

/** Discards everything. */
export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
};
