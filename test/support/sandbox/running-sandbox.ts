/** `catamaran sandbox up` as a separate process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remote } from '../../../src/sandbox/control-client.ts';
import { processIdentity, stateDir } from '../../../src/sandbox/state.ts';
import { freePort, isFree } from '../../../tools/controlplane/ports.ts';
import { invoke, MAIN, type Outcome } from '../invoke.ts';

export interface RunningSandbox {
  readonly dir: string;
  readonly kubeconfig: string;
  readonly pid: number;
  /** Output so far. */
  printed(): string;
  /** `catamaran sandbox ARGS`, with its state directory. */
  call(...args: readonly string[]): Promise<Outcome>;
  /** Sends a signal, and returns the exit code after the process has exited. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Stops it and removes its directory. */
  stop(): Promise<void>;
}

/** Ports of the proxies of a sandbox, one per cluster. */
const PROXIES = 4;

async function proxyPort(): Promise<number> {
  for (;;) {
    const first = await freePort();
    const rest = await Promise.all(Array.from({ length: PROXIES - 1 }, (_, i) => isFree(first + 1 + i)));
    if (rest.every(Boolean)) return first;
  }
}

/** Starts a sandbox of up to four clusters on ports of its own: several may run at a time. */
export async function runSandbox(...args: readonly string[]): Promise<RunningSandbox> {
  const ports = { '--proxy-port': proxyPort, '--listen-port': freePort, '--console-port': freePort };
  const chosen: string[] = [];
  for (const [option, choose] of Object.entries(ports)) chosen.push(option, String(await choose()));
  return await runSandboxOnUsualPorts(...chosen, ...args);
}

/** Starts a sandbox in a new directory and waits until it is ready. */
export async function runSandboxOnUsualPorts(...args: readonly string[]): Promise<RunningSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-sandbox-'));
  const dir = join(folder, 'state');
  const child = spawn(process.execPath, [MAIN, 'sandbox', 'up', '--state-dir', dir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = once(child, 'close');
  const pid = child.pid ?? 0;
  const running: RunningSandbox = {
    dir,
    kubeconfig: stateDir(dir).kubeconfig,
    pid,
    printed: () => printed,
    call: (...words) => invoke(['sandbox', ...words, '--state-dir', dir]),
    async kill(signal) {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
    async stop() {
      if (processIdentity(pid) !== undefined) child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  const kill = (): boolean => child.kill('SIGKILL');
  process.on('exit', kill);
  ended.finally(() => process.off('exit', kill));
  while (child.exitCode === null && child.signalCode === null) {
    const status = await remote(stateDir(dir))
      .status()
      .catch(() => undefined);
    if (status?.pid === pid) return running;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await rm(folder, { recursive: true, force: true });
  throw new Error(`sandbox up exited with ${child.exitCode ?? child.signalCode}:\n${printed}`);
}
