/** Ties the command line to this process; importing it runs the program. */
import { constants } from 'node:os';
import { readEnvironment } from './environment.ts';
import { EXIT, fail } from './exit.ts';
import { runCli } from './program.ts';

/**
 * Aborts on the first SIGINT or SIGTERM; a second one ends the process at once, as a shell would. A process that a
 * sandbox started aborts with the end of the sandbox, too, however that came; and one whose output nobody reads any more.
 */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  // A reader such as `head` may close the pipe early; that is its right, and nobody is left to work for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    controller.abort(new DOMException('nobody reads the output', 'AbortError'));
  });
  process.once('disconnect', () => controller.abort(new DOMException('the parent process ended', 'AbortError')));
  // Listening alone must not keep the process.
  process.channel?.unref();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    });
  }
  return controller.signal;
}

async function main(): Promise<number> {
  const { stdout, stderr } = process;
  try {
    const environment = readEnvironment();
    return await runCli(process.argv.slice(2), {
      environment,
      program: [process.execPath, ...process.argv.slice(1, 2)],
      stdout,
      stderr,
      stdoutColors: stdout.isTTY === true && !environment.noColor,
      stderrColors: stderr.isTTY === true && !environment.noColor,
      signal: stopSignal(),
    });
  } catch (error) {
    return fail({ stderr, stderrColors: false }, error);
  }
}

// What counts if the event loop runs dry before the end.
process.exitCode = EXIT.failure;
process.exitCode = await main();
