/** Logs of tests. */
import type { Logger } from '../../src/runtime/logger.ts';

/** Says nothing. */
export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
};

/** Keeps what it is told of `warn` and above, for tests about logs. */
export function recordingLog(): {
  readonly log: Logger;
  readonly lines: { level: string; message: string; fields: object }[];
} {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (bound: object): Logger => ({
    debug: () => {},
    info: () => {},
    warn: (fields, message) => lines.push({ level: 'warn', message, fields: { ...bound, ...fields } }),
    error: (fields, message) => lines.push({ level: 'error', message, fields: { ...bound, ...fields } }),
    child: (fields) => at({ ...bound, ...fields }),
  });
  return { log: at({}), lines };
}
