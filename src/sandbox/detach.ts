/** `catamaran sandbox up --detach`: runs `sandbox up` in the background, and forwards its output until it is ready. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { systemClock } from '../runtime/clock.ts';
import { ExitError } from '../runtime/errors.ts';
import type { ProcessContext } from '../runtime/process-context.ts';
import { isErrorCode, remote } from './control-client.ts';
import { makeLogs, refuseForeign, refuseSecond } from './state.ts';
import type { UpOptions } from './up.ts';

const POLL_MS = 50;

/** Starts the background process and resolves when it is ready. Rejects with its exit code if it exits before that. */
export async function upDetached(options: UpOptions, { program, signal, stdout }: ProcessContext): Promise<void> {
  const { state, clusters, proxyPort, listenPort, consolePort } = options;
  refuseSecond(state);
  refuseForeign(state);
  makeLogs(state);
  // It has the address of the console.
  const stdoutFile = openSync(state.stdoutLog, 'w', 0o600);
  const stderrFile = openSync(state.stderrLog, 'w');
  const [node, ...script] = program;
  const args = ['sandbox', 'up', '--state-dir', state.dir, '--clusters', String(clusters), '--import', options.import];
  if (proxyPort !== undefined) args.push('--proxy-port', String(proxyPort));
  if (listenPort !== undefined) args.push('--listen-port', String(listenPort));
  if (consolePort !== undefined) args.push('--console-port', String(consolePort));
  args.push('--background');
  // Output goes to files: a pipe inherited from this process would keep its reader waiting until the child exits.
  const child = spawn(node, [...script, ...args], { detached: true, stdio: ['ignore', stdoutFile, stderrFile] });
  closeSync(stdoutFile);
  closeSync(stderrFile);
  const stop = (): boolean => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let exit: number | undefined;
  child.once('exit', (code) => {
    exit = code ?? 1;
  });
  child.once('error', ({ message }) => {
    exit = 1;
    writeFileSync(state.stderrLog, `${node}: ${message}\n`);
  });
  let shown = 0;
  const passOn = (): void => {
    const text = readFileSync(state.stdoutLog, 'utf8');
    stdout.write(text.slice(shown));
    shown = text.length;
  };
  try {
    while (exit === undefined) {
      passOn();
      if (await isReady()) {
        passOn();
        return;
      }
      await systemClock.sleep(POLL_MS);
    }
    if (exit !== 0) throw startError(readFileSync(state.stderrLog, 'utf8'), exit);
  } finally {
    signal.removeEventListener('abort', stop);
    child.unref();
  }

  async function isReady(): Promise<boolean> {
    try {
      return (await remote(state).status()).pid === child.pid;
    } catch {
      return false;
    }
  }
}

/** The error that the process printed, as an error of this process. */
function startError(text: string, exitCode: number): ExitError {
  const [, code = '', message = ''] = /^error: \[(\w+)\] (.*)/s.exec(text) ?? [];
  if (isErrorCode(code)) return new ExitError(code, message.trimEnd(), exitCode);
  return new ExitError(
    'CTM_SANDBOX_START',
    `the background process failed, exit code ${exitCode}: ${text.trimEnd()}`,
    exitCode,
  );
}
