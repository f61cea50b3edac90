/** `catamaran sandbox curl`: sends one request from a pod, with the exit codes of curl. Source: curl(1), EXIT CODES. */
import { STATUS_CODES } from 'node:http';
import { ExitError } from '../runtime/errors.ts';
import type { ProcessContext } from '../runtime/process-context.ts';
import type { Remote } from './control-client.ts';
import type { RequestBody } from './control-protocol.ts';

export interface CurlRequest extends RequestBody {
  /** Include the response headers in the output. */
  readonly include: boolean;
  /** Treat status 400 and above as an error. */
  readonly fail: boolean;
  /** Time limit for the whole request, in milliseconds. */
  readonly timeoutMs: number;
}

const HTTP_ERROR = 22;
const TIMEOUT = 28;

/**
 * Sends the request and prints the response.
 *
 * @throws ExitError with the exit code of curl.
 */
export async function curl(
  sandbox: Remote,
  cluster: string,
  { include, fail, timeoutMs, ...request }: CurlRequest,
  { stdout, signal }: Pick<ProcessContext, 'stdout' | 'signal'>,
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const result = await sandbox
    .request(cluster, request, AbortSignal.any([timeout, signal]))
    .catch((error: unknown): never => {
      if (!timeout.aborted) throw error;
      throw problem(TIMEOUT, `curl: (${TIMEOUT}) Operation timed out after ${timeoutMs} milliseconds`);
    });
  if (!result.ok) throw problem(result.code, result.message);
  const { status, headers, body } = result;
  if (fail && status >= 400) {
    throw problem(HTTP_ERROR, `curl: (${HTTP_ERROR}) The requested URL returned error: ${status}`);
  }
  if (include) stdout.write(head(status, headers));
  stdout.write(body);
}

function head(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
}

function problem(exitCode: number, message: string): ExitError {
  return new ExitError('CTM_SANDBOX_CURL', message, exitCode);
}
