/** Records all log lines, so that tests can check messages and the absence of secrets. */
import type { Logger } from '../../src/runtime/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

export class MemoryLogger implements Logger {
  readonly lines: LogLine[];
  readonly #bound: object;

  constructor(bound: object = {}, lines: LogLine[] = []) {
    this.#bound = bound;
    this.lines = lines;
  }

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  child(fields: object): Logger {
    return new MemoryLogger({ ...this.#bound, ...fields }, this.lines);
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    this.lines.push({ level, message, fields: { ...this.#bound, ...fields } });
  }
}
