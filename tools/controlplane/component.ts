/** Child processes of a control plane, with log file and guard. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ComponentSpec {
  /** For messages, such as `cluster1 kube-apiserver`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A component exited, or did not start. `log` has its last lines. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
  readonly log: string;

  constructor(message: string, spec: ComponentSpec) {
    const log = lastLines(spec.logFile, 15);
    super(`${spec.name} ${message}\nlast lines of ${spec.logFile}:\n${log}`);
    this.log = log;
  }
}

export interface Component {
  readonly spec: ComponentSpec;
  readonly pid: number;
  /** Exit code or signal; undefined while the process runs. */
  exit(): string | undefined;
  /** Resolves on exit, with the exit code or signal. */
  readonly ended: Promise<string>;
  /** Sends a signal, and SIGKILL if the process has not exited after `graceMs`. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

/**
 * Starts a child in its own session, so that Ctrl-C in a terminal reaches only the parent, which then stops its
 * children in order. A guard kills the child if the parent exits without stopping it.
 */
export async function startComponent(spec: ComponentSpec): Promise<Component> {
  const log = openSync(spec.logFile, 'a');
  const env = { ...process.env, ...spec.env };
  const child = spawn(spec.command, spec.args, { stdio: ['ignore', log, log], detached: true, env });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  let exit: string | undefined;
  const { pid } = child;
  if (pid === undefined) throw new ComponentError(`did not start: ${await exited}`, spec);
  const guard = startGuard(pid);
  const done = exited.then((how) => {
    exit = how;
    guard.kill('SIGKILL');
    return how;
  });
  return {
    spec,
    pid,
    exit: () => exit,
    ended: done,
    async stop(signal, graceMs) {
      if (exit === undefined) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await done;
      clearTimeout(timer);
    },
  };
}

/**
 * A shell that waits for the end of its standard input, which is closed when this process exits for any reason, and
 * then kills one process. Works on every POSIX system, unlike Linux's parent-death signal.
 */
function startGuard(pid: number): ChildProcess {
  const guard = spawn('sh', ['-c', 'read -r _; kill -KILL "$1" 2>/dev/null', 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A guard that is killed closes its pipe, which is not an error.
  guard.stdin?.on('error', () => undefined);
  guard.on('error', () => undefined);
  return guard;
}

/** `(no log)` if the file cannot be read. */
export function lastLines(path: string, count: number): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Runs a program until it exits. @throws an Error with its standard error if it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [code, signal] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} exited with ${signal ?? `code ${code}`}\n${(err || out).trim()}`);
  }
  return out;
}
