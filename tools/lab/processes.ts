/**
 * Processes that outlive their parent, since a lab stays after `make lab`. Each is recorded on start, by pid and start
 * time, so that any later process can find it, or detect that it has exited.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '../../src/sandbox/state.ts';
import { lastLines } from '../controlplane/component.ts';

export interface LabProcess {
  /** For messages and log files, such as `cluster1.kube-apiserver`. */
  readonly name: string;
  readonly pid: number;
  /** See {@link processIdentity}. */
  readonly identity: string;
  readonly logFile: string;
}

const POLL_MS = 100;

export function logsOf(labDir: string): string {
  return join(labDir, 'logs');
}

/** Starts a process in its own session, with its output in `logs/NAME.log`, and records it. */
export async function startProcess(
  labDir: string,
  name: string,
  [command, args]: readonly [string, readonly string[]],
): Promise<LabProcess> {
  const logFile = join(logsOf(labDir), `${name}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exited with ${signal ?? `code ${code}`}`));
  });
  child.unref();
  const identity = child.pid === undefined ? undefined : processIdentity(child.pid);
  if (child.pid === undefined || identity === undefined) throw new Error(problemOf(name, await failed, logFile));
  const process: LabProcess = { name, pid: child.pid, identity, logFile };
  appendFileSync(recordOf(labDir), `${JSON.stringify(process)}\n`);
  return process;
}

function recordOf(labDir: string): string {
  return join(labDir, 'processes.jsonl');
}

function problemOf(name: string, problem: string, logFile: string): string {
  return `${name} ${problem}\nlast lines of ${logFile}:\n${lastLines(logFile, 15)}`;
}

/** The recorded processes of a lab, the last one of each name. */
export function recordedProcesses(labDir: string): readonly LabProcess[] {
  let text: string;
  try {
    text = readFileSync(recordOf(labDir), 'utf8');
  } catch {
    return [];
  }
  const byName = new Map<string, LabProcess>();
  for (const line of text.split('\n')) {
    // The last line may be incomplete if its writer was killed.
    if (!line.endsWith('}')) continue;
    // Written only by startProcess.
    const process = JSON.parse(line) as LabProcess;
    byName.set(process.name, process);
  }
  return [...byName.values()];
}

export function isRunning({ pid, identity }: LabProcess): boolean {
  return processIdentity(pid) === identity;
}

/** Sends a signal, and SIGKILL if the process has not exited after `graceMs`; resolves when it has exited. */
export async function endProcess(process: LabProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const end = Date.now() + graceMs;
  for (let next = signal; isRunning(process); await delay(POLL_MS / 2)) {
    kill(process.pid, next);
    next = Date.now() > end ? 'SIGKILL' : signal;
  }
}

/** Sends a signal; ignores a process that has already exited. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It exited in the meantime.
  }
}

/** Waits until `isReady`. @throws an Error with the last lines of the log if the process exits, or on timeout. */
export async function untilReady(
  process: LabProcess,
  isReady: () => Promise<boolean>,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await isReady()) return;
    const problem = isRunning(process) ? `was not ready within ${options.timeoutMs / 1000} s` : 'exited while starting';
    if (!isRunning(process) || Date.now() > end) throw new Error(problemOf(process.name, problem, process.logFile));
    await delay(POLL_MS);
  }
}
