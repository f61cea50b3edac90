/** Starts and stops the baseline processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Access } from './api.ts';
import type { ListOrder } from './bare-lister.ts';
import type { RelayOrder } from './bare-relay.ts';
import type { TestBed } from './test-bed.ts';

/** A bare relay that has listed its namespace. */
export interface Relay {
  readonly pid: number;
  /** Starts to copy the listed slices, then every change. */
  go(): void;
  /** Throws if the process has exited. */
  check(): void;
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly from: string;
  /** An existing namespace of the consumer. */
  readonly to: string;
  /** URL of a proxy in front of the consumer's API server. */
  readonly consumerServer?: string | undefined;
}

/** The two API servers of a relay. */
export interface RelayBed {
  readonly source: { readonly access: Access };
  readonly consumer: { readonly access: Access };
  readonly signal: AbortSignal;
}

export async function startRelay(testBed: RelayBed, { from, to, consumerServer }: RelayOptions): Promise<Relay> {
  const target = { ...testBed.consumer.access, ...(consumerServer !== undefined && { server: consumerServer }) };
  const order: RelayOrder = { source: testBed.source.access, target, from, to };
  const child = start('bare-relay.ts', order);
  const { pid } = child;
  if (pid === undefined) throw new Error('the bare relay did not start');
  const stop = (): Promise<void> => end(child);
  try {
    await firstMessage(child, testBed.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const check = (): void => {
    if (hasEnded(child)) throw new Error('the bare relay exited');
  };
  return { pid, go: () => void child.send('go'), check, stop };
}

/** Runs a copying relay during `work`. */
export async function withRelay<T>(
  testBed: RelayBed,
  options: RelayOptions,
  work: (relay: Relay) => Promise<T>,
): Promise<T> {
  const relay = await startRelay(testBed, options);
  try {
    relay.go();
    return await work(relay);
  } finally {
    await relay.stop();
  }
}

/** Time for a new process to list what the controller lists, from both API servers, in ms. */
export async function timeToList(testBed: TestBed): Promise<number> {
  const order: ListOrder = [testBed.source.access, testBed.consumer.access];
  const startedAt = performance.now();
  const child = start('bare-lister.ts', order);
  try {
    await firstMessage(child, testBed.signal);
    return performance.now() - startedAt;
  } finally {
    await end(child);
  }
}

/** Starts a script that exits with this process, when the channel between them closes. */
function start(script: string, order: RelayOrder | ListOrder): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  // In its own session, so that Ctrl-C reaches only the parent, which stops its children in order.
  const child = fork(path, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(order);
  return child;
}

async function firstMessage(child: ChildProcess, signal: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const exited = once(child, 'exit', { signal: settled.signal }).then(([code]) => {
    throw new Error(`${child.spawnfile} ${child.spawnargs.at(-1)} exited with ${code}`);
  });
  try {
    await Promise.race([once(child, 'message', { signal }), exited]);
  } finally {
    exited.catch(() => {});
    settled.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
