/**
 * Processes that outlive the one that started them: a lab stays when `make lab` has ended. Who they are is written down
 * before they do anything, by pid and start time, so that any later process finds them, or that they are gone.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '../../src/sandbox/state.ts';
import { lastLines } from '../controlplane/component.ts';

/** A process of the lab. */
export interface LabProcess {
  /** As in messages and log files: `cluster1.kube-apiserver`. */
  readonly name: string;
  readonly pid: number;
  /** See {@link processIdentity}. */
  readonly identity: string;
  readonly logFile: string;
}

const POLL_MS = 100;

/** Where the logs of a lab's processes are. */
export function logsOf(labDir: string): string {
  return join(labDir, 'logs');
}

/** Starts a process in a session of its own, with its output in `logs/NAME.log`, and writes it down. */
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
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
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

/** The processes that a lab started, the last one of each name. */
export function recordedProcesses(labDir: string): readonly LabProcess[] {
  let text: string;
  try {
    text = readFileSync(recordOf(labDir), 'utf8');
  } catch {
    return [];
  }
  const byName = new Map<string, LabProcess>();
  for (const line of text.split('\n')) {
    // The last line may be cut where its writer was killed.
    if (!line.endsWith('}')) continue;
    // Written by startProcess alone.
    const process = JSON.parse(line) as LabProcess;
    byName.set(process.name, process);
  }
  return [...byName.values()];
}

/** Whether it runs still. */
export function isRunning({ pid, identity }: LabProcess): boolean {
  return processIdentity(pid) === identity;
}

/** Ends a process with a signal, and with SIGKILL where it is still there after `graceMs`; resolves when it is gone. */
export async function endProcess(process: LabProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const end = Date.now() + graceMs;
  for (let next = signal; isRunning(process); await delay(POLL_MS / 2)) {
    kill(process.pid, next);
    next = Date.now() > end ? 'SIGKILL' : signal;
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}

/** Waits until `isReady`. Throws an Error with the process's last lines where it ends first, or takes too long. */
export async function untilReady(
  process: LabProcess,
  isReady: () => Promise<boolean>,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await isReady()) return;
    const problem = isRunning(process) ? `is not ready after ${options.timeoutMs / 1000} s` : 'ended while starting';
    if (!isRunning(process) || Date.now() > end) throw new Error(problemOf(process.name, problem, process.logFile));
    await delay(POLL_MS);
  }
}
