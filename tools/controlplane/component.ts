/** One child process of a control plane: its log file, its guard, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** What a component is and how it is started. */
export interface ComponentSpec {
  /** As in messages and log files: `cluster1 kube-apiserver`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
}

/** A component ended while its control plane was starting. `log` holds its last lines. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
  readonly log: string;

  constructor(message: string, spec: ComponentSpec) {
    const log = lastLines(spec.logFile, 15);
    super(`${spec.name} ${message}\nlast lines of ${spec.logFile}:\n${log}`);
    this.log = log;
  }
}

/** A running child process. */
export interface Component {
  readonly spec: ComponentSpec;
  readonly pid: number;
  /** Undefined while it runs. */
  exit(): string | undefined;
  /** Resolves when it has ended, with the exit code or signal. */
  readonly ended: Promise<string>;
  /** Ends it with a signal, and with SIGKILL where it is still there after `graceMs`. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

/**
 * Starts a child in a session of its own, so that Ctrl-C in a terminal reaches only the parent, which then stops its
 * children in order. A guard ends the child where the parent is gone without having done so.
 */
export async function startComponent(spec: ComponentSpec): Promise<Component> {
  const log = openSync(spec.logFile, 'a');
  const child = spawn(spec.command, spec.args, { stdio: ['ignore', log, log], detached: true });
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
 * A shell that waits for the end of its standard input, which is the end of this process however it comes, and then
 * kills one process. It works on every POSIX system, unlike Linux' parent-death signal.
 */
function startGuard(pid: number): ChildProcess {
  const guard = spawn('sh', ['-c', 'read -r _; kill -KILL "$1" 2>/dev/null', 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A guard that is killed closes its pipe; that is no news.
  guard.stdin?.on('error', () => undefined);
  guard.on('error', () => undefined);
  return guard;
}

/** The last `count` lines of a file; a file that cannot be read has none. */
export function lastLines(path: string, count: number): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Runs a program to its end. Throws an Error with its standard error where it fails. */
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
    throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? `code ${code}`}\n${(err || out).trim()}`);
  }
  return out;
}
