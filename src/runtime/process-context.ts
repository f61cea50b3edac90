/** What a command is given of its process, so that it touches no global and tests can run it. */
import type { LogLevel } from './log.ts';

/** A place for text, such as process.stdout. */
export interface TextSink {
  write(text: string): unknown;
}

export interface ProcessContext {
  readonly environment: { readonly logLevel: LogLevel };
  /** How this program is started: a command and its first arguments. */
  readonly program: readonly [command: string, ...args: string[]];
  /** Answers go here, and nothing else, so that they can be piped. */
  readonly stdout: TextSink;
  /** Aborts on SIGINT and SIGTERM: finish what is in flight, then return. */
  readonly signal: AbortSignal;
}
