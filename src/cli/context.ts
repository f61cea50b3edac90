/** What every command is given, so that commands touch no global and tests can run them. */
import type { Command } from 'commander';
import type { Environment } from './environment.ts';

/** A place for text, such as process.stdout. */
export interface TextSink {
  write(text: string): unknown;
}

export interface CliContext {
  readonly environment: Environment;
  /** How this program is started: a command and its first arguments. */
  readonly program: readonly [command: string, ...args: string[]];
  /** Answers go here, and nothing else, so that they can be piped. */
  readonly stdout: TextSink;
  /** Errors and logs go here. */
  readonly stderr: TextSink;
  readonly stdoutColors: boolean;
  readonly stderrColors: boolean;
  /** Aborts on SIGINT and SIGTERM: finish what is in flight, then return. */
  readonly signal: AbortSignal;
}

/** Adds a command to the program. Each file of `commands/` exports one. */
export type Register = (program: Command, context: CliContext) => void;
