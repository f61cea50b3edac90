/** Connects the command line to this process; importing this module runs the program. */
import { constants } from 'node:os';
import { basename } from 'node:path';
import { isSea } from 'node:sea';
import { text } from 'node:stream/consumers';
import { CatamaranError } from '../runtime/errors.ts';
import { callName } from './call-name.ts';
import type { CommandName } from './context.ts';
import { readEnvironment } from './environment.ts';
import { EXIT, fail } from './exit.ts';
import { runCli } from './program.ts';

/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP; a second one exits immediately with the exit code of a shell. Also aborts when
 * stdout is closed, and when the sandbox that started this process exits for any reason.
 */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` may close the pipe early, which is not an error.
    if (error.code !== 'EPIPE') {
      process.exit(fail({ stderr: process.stderr, stderrColors: false }, unwritable(error)));
    }
    controller.abort(new DOMException('stdout was closed', 'AbortError'));
  });
  process.once('disconnect', () => controller.abort(new DOMException('the parent process ended', 'AbortError')));
  // The channel must not keep the process alive.
  process.channel?.unref();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    });
  }
  return controller.signal;
}

function unwritable({ message }: Error): CatamaranError {
  return new CatamaranError('CTM_OUTPUT', `stdout: ${message}`);
}

/** How to start this program: the single executable has no script. */
function programOf({ execPath, argv }: NodeJS.Process): readonly [command: string, ...args: string[]] {
  return isSea() ? [execPath] : [execPath, ...argv.slice(1, 2)];
}

/** kubectl starts its plugins by a path, which may be a link to this program. */
function nameOf({ argv0, argv }: NodeJS.Process): CommandName {
  const started = basename((isSea() ? argv0 : argv[1]) ?? '', '.js');
  return started === 'kubectl-mcs' ? 'kubectl mcs' : 'catamaran';
}

async function main(): Promise<number> {
  const { stdout, stderr } = process;
  try {
    const environment = readEnvironment();
    const program = programOf(process);
    const name = nameOf(process);
    return await runCli(process.argv.slice(2), {
      environment,
      name,
      program,
      call: name === 'catamaran' ? callName({ program, variables: environment.variables, cwd: process.cwd() }) : name,
      stdout,
      stderr,
      isTerminal: stdout.isTTY === true,
      stdoutColors: stdout.isTTY === true && !environment.noColor,
      stderrColors: stderr.isTTY === true && !environment.noColor,
      signal: stopSignal(),
      readStdin: () => text(process.stdin),
    });
  } catch (error) {
    return fail({ stderr, stderrColors: false }, error);
  }
}

// Applies if the event loop is empty before main resolves.
process.exitCode = EXIT.failure;
// Not awaited: the single executable has a CommonJS bundle, which has no top-level await.
void main().then((code) => {
  process.exitCode = code;
});
