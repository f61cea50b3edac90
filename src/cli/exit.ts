/** How the program ends: exit codes, and errors in words. `docs/reference/cli.md` tells users. */

import { FleetConfigError } from '../config/problems.ts';
import { CatamaranError, type ErrorCode, ExitError } from '../runtime/errors.ts';
import type { CliContext } from './context.ts';

/** `stopped` is what a shell gives a command that SIGINT ended. */
export const EXIT = { ok: 0, failure: 1, usage: 2, stopped: 130 } as const;

/** Errors that only a change of the command line or of a file mends; trying again does not help. */
const USAGE_CODES: readonly ErrorCode[] = [
  'CTM_USAGE',
  'CTM_CONFIG_READ',
  'CTM_CONFIG_INVALID',
  'CTM_CONFIG_OVERLAP',
  'CTM_MEMBER_DUPLICATE',
  'CTM_KUBECONFIG_READ',
  'CTM_KUBECONFIG_INVALID',
  'CTM_KUBECONFIG_REFUSED',
  'CTM_COREFILE',
  'CTM_SANDBOX_CLUSTER',
  'CTM_SANDBOX_STATE',
  'CTM_SANDBOX_MANIFEST',
];

/** Prints `error: [CODE] message` to stderr, one line for each problem. */
export function printError(
  context: Pick<CliContext, 'stderr' | 'stderrColors'>,
  code: ErrorCode,
  message: string,
): void {
  const title = context.stderrColors ? '\u001b[31merror:\u001b[39m' : 'error:';
  context.stderr.write(`${title} [${code}] ${message}\n`);
}

/** Rejects as soon as the signal aborts, for work that may be left where it stands. */
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

/** Whether an error only says that the user stopped the command. */
function isStop(error: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (error === reason || (error instanceof Error && error.name === 'AbortError'));
}

/** Prints an error and gives the exit code that it stands for. */
export function fail(
  context: Pick<CliContext, 'stderr' | 'stderrColors'> & Partial<Pick<CliContext, 'signal'>>,
  error: unknown,
): number {
  if (context.signal && isStop(error, context.signal)) return EXIT.stopped;
  if (error instanceof FleetConfigError) {
    for (const { code, message } of error.problems) printError(context, code, message);
    return EXIT.usage;
  }
  if (error instanceof CatamaranError) {
    printError(context, error.code, error.message);
    if (error instanceof ExitError) return error.exitCode;
    return USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.failure;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printError(context, 'CTM_INTERNAL', text);
  return EXIT.failure;
}
