import { join } from 'node:path';
import type { CliContext, CommandName } from '../../src/cli/context.ts';
import { readEnvironment, type Variables } from '../../src/cli/environment.ts';
import { runCli } from '../../src/cli/program.ts';

/** The program, for `node`. */
export const MAIN: string = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Stage {
  readonly colors?: boolean;
  readonly variables?: Variables;
  /** How the program was started, for hints. */
  readonly call?: string;
  /** Aborts as on Ctrl-C. */
  readonly signal?: AbortSignal;
  readonly name?: CommandName;
  /** Content of standard input. */
  readonly stdin?: string;
}

/** A context that records output. */
export function recordingContext(options: Stage = {}) {
  const printed = { stdout: '', stderr: '' };
  const into = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const context: CliContext = {
    name: options.name ?? 'catamaran',
    environment: readEnvironment(options.variables ?? {}),
    program: [process.execPath, MAIN],
    call: options.call ?? 'catamaran',
    stdout: into('stdout'),
    stderr: into('stderr'),
    isTerminal: false,
    stdoutColors: options.colors ?? false,
    stderrColors: options.colors ?? false,
    signal: options.signal ?? new AbortController().signal,
    readStdin: async () => options.stdin ?? '',
  };
  return { context, printed };
}

/** Runs the command line in this process. */
export async function invoke(args: readonly string[], options?: Stage): Promise<Outcome> {
  const { context, printed } = recordingContext(options);
  const code = await runCli(args, context);
  return { code, ...printed };
}
