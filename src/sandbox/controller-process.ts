/** The controller of a sandbox: `catamaran run` in a process of its own, which users may kill and restart. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import type { ProcessContext } from '../runtime/process-context.ts';
import { type Readyz, readyzSchema } from './control-protocol.ts';
import type { StateDir } from './state.ts';

/** A started controller. */
export interface ControllerProcess {
  readonly pid: number;
  readonly url: string;
  /** Address of the console, which works once. */
  readonly console: string;
  /** Command line to start a replacement. */
  readonly command: string;
  /** How it ended; undefined while it is running. */
  ended(): string | undefined;
  /** Response of /readyz at its address; undefined if there is none. */
  readyz(): Promise<Readyz | undefined>;
  /** Stops it, and resolves when it has exited. */
  stop(): Promise<void>;
}

export interface ControllerOptions {
  readonly state: StateDir;
  /** Port on 127.0.0.1 for /readyz and /metrics. */
  readonly port: number;
  /** Port on 127.0.0.1 for the console. */
  readonly consolePort: number;
  readonly clock: Clock;
}

const START_MS = 60_000;
const POLL_MS = 25;
/** Time for writes in flight; after that the process is killed. */
const GRACE_MS = 10_000;
const ANSWER_MS = 5_000;
const LOG_LINES = 15;
/** Characters of its standard output that are kept: one line. */
const MOST_PRINTED = 1_000;

/**
 * Starts a controller and waits until it is ready.
 *
 * @throws CTM_SANDBOX_START with the last lines of its log.
 */
export async function startController(
  { state, port, consolePort, clock }: ControllerOptions,
  { program, call, signal }: Pick<ProcessContext, 'program' | 'call' | 'signal'>,
): Promise<ControllerProcess> {
  const address = `127.0.0.1:${port}`;
  // The kubeconfig is the sandbox's own, also if the sandbox runs in a pod.
  const console = ['--console', `127.0.0.1:${consolePort}`, '--console-login', 'code', '--console-write'];
  const args = ['run', '--config', state.fleet, '--listen', address, '--kubeconfig-trust', 'user'];
  args.push(...console, '--console-sandbox', state.dir);
  const [node, ...script] = program;
  const logFile = state.controllerLog;
  const log = openSync(logFile, 'w');
  // In its own session, so that Ctrl-C reaches only the sandbox, which shuts down in order. The IPC channel closes when
  // the sandbox ends for any reason, and the child then exits.
  const child = spawn(node, [...script, ...args], { stdio: ['ignore', 'pipe', log, 'ipc'], detached: true });
  closeSync(log);
  // The address of the console is not for the log, which others may be able to read.
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed = `${printed}${text}`.slice(0, MOST_PRINTED);
  });
  let ended: string | undefined;
  const exit = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ended = how;
      resolve();
    };
    child.once('exit', (code, name) => end(name ?? `exit code ${code}`));
    child.once('error', (error) => end(error.message));
  });
  const running: ControllerProcess = {
    pid: child.pid ?? 0,
    url: `http://${address}`,
    get console() {
      return printed.split('\n')[0] ?? '';
    },
    command: `${call} run --config ${state.fleet} --listen ${address}`,
    ended: () => ended,
    readyz: () => readyzOf(`http://${address}/readyz`),
    async stop() {
      if (ended !== undefined) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await exit;
      clearTimeout(timer);
    },
  };
  const deadline = clock.now() + START_MS;
  try {
    for (;;) {
      signal.throwIfAborted();
      if ((await running.readyz())?.ready) return running;
      const late = clock.now() > deadline ? `is not ready after ${START_MS / 1000} s` : undefined;
      const problem = ended === undefined ? late : `exited (${ended})`;
      if (problem !== undefined) {
        const message = `the controller ${problem}; last lines of ${logFile}:\n${endOf(logFile)}`;
        throw new CatamaranError('CTM_SANDBOX_START', message);
      }
      await clock.sleep(POLL_MS, signal);
    }
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function readyzOf(url: string): Promise<Readyz | undefined> {
  try {
    const answer = await request(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return readyzSchema.parse(await answer.body.json());
  } catch {
    return undefined;
  }
}

function endOf(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}
