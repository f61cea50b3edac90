/** The surroundings of a command, so that commands use no globals and tests can run them. */
import type { Command } from 'commander';
import type { ProcessContext, TextSink } from '../runtime/process-context.ts';
import type { Environment } from './environment.ts';

/** As a plugin of kubectl, the executable is named `kubectl-mcs`. */
export type CommandName = 'catamaran' | 'kubectl mcs';

export interface CliContext extends ProcessContext {
  /** How the user calls this program, for help. */
  readonly name: CommandName;
  readonly environment: Environment;
  /** For errors and logs. */
  readonly stderr: TextSink;
  /** Whether stdout is a terminal, so that a user is there. */
  readonly isTerminal: boolean;
  readonly stdoutColors: boolean;
  readonly stderrColors: boolean;
  /** All of standard input, as text. */
  readonly readStdin: () => Promise<string>;
}

/** Adds a command to the program. Each file of `commands/` exports one. */
export type Register = (program: Command, context: CliContext) => void;
