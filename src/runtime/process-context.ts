/** The process as commands see it: injected, so that they use no globals and can run in tests. */
import type { LogLevel } from './log.ts';

/** A text output, such as process.stdout. */
export interface TextSink {
  write(text: string): unknown;
}

export interface ProcessContext {
  readonly environment: { readonly logLevel: LogLevel };
  /** How to start this program: a command and its first arguments. */
  readonly program: readonly [command: string, ...args: string[]];
  /** How users start this program, for hints. */
  readonly call: string;
  /** For results only, so that they can be piped. */
  readonly stdout: TextSink;
  /** Aborts on SIGINT and SIGTERM; commands finish work in flight, then return. */
  readonly signal: AbortSignal;
}
