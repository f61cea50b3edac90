/**
 * Exec credential plugins: programs that print a token or a client certificate.
 *
 * Source: Kubernetes documentation, "Authenticating", "client-go credential plugins".
 */
import { spawn } from 'node:child_process';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { JsonObject } from '../../api/json.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Semaphore } from '../client/semaphore.ts';
import { type Credentials, isToken } from './credentials.ts';
import type { ExecPlugin } from './kubeconfig-schema.ts';
import { type FailureWaits, type Loaded, LoadedCredentials } from './loaded-credentials.ts';

export interface ExecOptions {
  readonly plugin: ExecPlugin;
  /** The field of the kubeconfig, for messages. */
  readonly source: string;
  /** Directory of the kubeconfig, to which a command with a slash is relative. */
  readonly dir: string;
  /** Environment of the plugin; its `env` field takes precedence. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `spec.cluster` of KUBERNETES_EXEC_INFO, passed if `provideClusterInfo` is set. */
  readonly cluster: JsonObject;
  readonly clock: Clock;
  /** Shared with other plugins. */
  readonly runs?: Semaphore;
}

/** A plugin that has not exited by then is killed. */
const TIME_LIMIT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** A plugin may start an interpreter, and ask a service that limits requests. */
const WAITS: FailureWaits = { firstMs: 1_000, longestMs: 60_000 };
/** Credentials are renewed this long before they expire. */
const EXPIRY_MARGIN_MS = 10_000;

const credentialSchema = z.object({
  kind: z.literal('ExecCredential'),
  apiVersion: z.string(),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
  }),
});

/** Runs the plugin on first use, when its credentials expire and after a 401; one run at a time. */
export function execCredentials(options: ExecOptions): Credentials {
  const { clock, source, plugin } = options;
  const load = async () => readCredential(options, await runInTurn(options));
  return new LoadedCredentials({ load, clock, source: `${source}: exec plugin ${plugin.command}`, waits: WAITS });
}

function failed({ source, plugin }: ExecOptions, problem: string, cause?: unknown): CatamaranError {
  return new CatamaranError('CTM_CREDENTIALS', `${source}: exec plugin ${plugin.command}: ${problem}`, { cause });
}

async function runInTurn(options: ExecOptions): Promise<string> {
  await options.runs?.acquire();
  try {
    return await runPlugin(options);
  } finally {
    options.runs?.release();
  }
}

async function runPlugin(options: ExecOptions): Promise<string> {
  const { plugin, dir, environment, cluster, clock } = options;
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo && { cluster }) },
  };
  const command =
    plugin.command.includes('/') && !isAbsolute(plugin.command) ? resolve(dir, plugin.command) : plugin.command;
  const child = spawn(command, plugin.args ?? [], {
    // A controller has no terminal for prompts.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
  });
  const output = { stdout: '', stderr: '' };
  let problem: string | undefined;
  const kill = (reason: string) => {
    problem ??= reason;
    child.kill('SIGKILL');
    // A child process of the plugin may keep the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      if (output[stream].length > MAX_OUTPUT_BYTES) kill(`printed more than ${MAX_OUTPUT_BYTES} bytes`);
    });
  }
  const ended = new AbortController();
  clock.sleep(TIME_LIMIT_MS, ended.signal).then(
    () => kill(`did not exit within ${TIME_LIMIT_MS / 1_000} s`),
    () => {},
  );
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    // Only stderr is quoted: stdout may contain part of a token.
    const detail = output.stderr.trim().split('\n').at(-1)?.slice(0, 300);
    if (problem !== undefined || code !== 0) {
      throw failed(options, `${problem ?? `exited with code ${code}`}${detail ? `: ${detail}` : ''}`);
    }
    return output.stdout;
  } catch (error) {
    if (error instanceof CatamaranError) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const hint = plugin.installHint === undefined ? '' : ` (${plugin.installHint.trim()})`;
    throw failed(options, missing ? `not found${hint}` : String(error), error);
  } finally {
    ended.abort();
  }
}

function readCredential(options: ExecOptions, stdout: string): Loaded {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    // The parser's own message would quote the output.
    throw failed(options, 'output is not JSON');
  }
  const result = credentialSchema.safeParse(value);
  if (!result.success) {
    const fields = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw failed(options, `invalid ExecCredential: wrong or missing ${fields}`);
  }
  const { apiVersion, status } = result.data;
  if (apiVersion !== options.plugin.apiVersion) {
    throw failed(options, `returned apiVersion ${apiVersion}; the kubeconfig requires ${options.plugin.apiVersion}`);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  if ((cert === undefined) !== (key === undefined)) {
    throw failed(options, 'returned one of clientCertificateData and clientKeyData without the other');
  }
  if (token && !isToken(token)) throw failed(options, 'returned a token with spaces or control characters');
  if (!token && cert === undefined) throw failed(options, 'returned neither token nor client certificate');
  return {
    identity: {
      ...(token && { token }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    },
    ...(expirationTimestamp && { expiresAt: Date.parse(expirationTimestamp) - EXPIRY_MARGIN_MS }),
  };
}
