/** Exit codes, documented in `docs/reference/cli.md`, and the output of errors. */
import { CatamaranError, ERRORS, type ErrorCode, ErrorList, ExitError } from '../runtime/errors.ts';
import type { LogLevel } from '../runtime/log.ts';
import { visibleLines } from '../runtime/visible.ts';
import type { CliContext } from './context.ts';

/** One per exit class of errors; `stopped` is the code that a shell reports for a command ended by SIGINT. */
export const EXIT = { ok: 0, failure: 1, usage: 2, stopped: 130 } as const;

/** Shown in the help text and `docs/reference/cli.md`. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'success',
  failure: 'failure; another try may succeed',
  usage: 'the command line or a configuration file is wrong',
  stopped: 'stopped by SIGINT or SIGTERM before the end; writes in progress were completed',
};

type ErrorOutput = Pick<CliContext, 'stderr' | 'stderrColors'> & Partial<Pick<CliContext, 'call'>>;

/** Prints `error: [CODE] message` to stderr. */
export function printError(context: ErrorOutput, code: ErrorCode, message: string): void {
  const title = context.stderrColors ? '\u001b[31merror:\u001b[39m' : 'error:';
  // Hints such as `catamaran sandbox up` name the command as the user started it.
  const text = message.replaceAll('`catamaran ', `\`${context.call ?? 'catamaran'} `);
  context.stderr.write(`${title} [${code}] ${visibleLines(text)}\n`);
}

/** Rejects as soon as the signal aborts, for work that may be abandoned at any point. */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { signal: over.signal });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    over.abort();
  }
}

/** Whether an error only reports that the user stopped the command. */
function isStop(error: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (error === reason || (error instanceof Error && error.name === 'AbortError'));
}

interface Failed extends ErrorOutput {
  /** Absent if the environment itself could not be read. */
  readonly signal?: AbortSignal;
  /** `debug` adds the stack trace of an internal error. */
  readonly logLevel?: LogLevel;
}

function internalError(error: unknown, logLevel?: LogLevel): string {
  const what = error instanceof Error && logLevel === 'debug' ? (error.stack ?? String(error)) : String(error);
  return `${ERRORS.CTM_INTERNAL.summary}: ${what}`;
}

/** Prints an error, one line per problem, and returns its exit code. */
export function fail(context: Failed, error: unknown): number {
  if (context.signal && isStop(error, context.signal)) return EXIT.stopped;
  if (error instanceof ErrorList) {
    for (const { code, message } of error.problems) printError(context, code, message);
  } else if (error instanceof CatamaranError && error.code !== 'CTM_INTERNAL') {
    printError(context, error.code, error.message);
  } else {
    printError(context, 'CTM_INTERNAL', internalError(error, context.logLevel));
  }
  if (error instanceof ExitError) return error.exitCode;
  return EXIT[ERRORS[error instanceof CatamaranError ? error.code : 'CTM_INTERNAL'].exit];
}
