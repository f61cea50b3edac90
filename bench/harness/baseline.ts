/** The processes of the baseline. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ListOrder } from './bare-lister.ts';
import type { RelayOrder } from './bare-relay.ts';
import type { TestBed } from './test-bed.ts';

/** A bare relay that has listed its namespace and waits. */
export interface Relay {
  readonly pid: number;
  /** Lets it copy what is there, and then every change. */
  go(): void;
  /** Throws where it has ended by itself. */
  check(): void;
  stop(): Promise<void>;
}

/** What to relay. */
export interface RelayOptions {
  readonly from: string;
  /** A namespace that the consumer has. */
  readonly to: string;
  /** URL in front of the consumer's API server. */
  readonly consumerServer?: string | undefined;
}

/** Starts a relay between two namespaces. */
export async function startRelay(testBed: TestBed, { from, to, consumerServer }: RelayOptions): Promise<Relay> {
  const target = { ...testBed.consumer.access, ...(consumerServer !== undefined && { server: consumerServer }) };
  const order: RelayOrder = { source: testBed.source.access, target, from, to };
  const child = start('bare-relay.ts', order);
  const { pid } = child;
  if (pid === undefined) throw new Error('the bare relay did not start');
  const stop = (): Promise<void> => end(child);
  try {
    await answerOf(child, testBed.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const check = (): void => {
    if (hasEnded(child)) throw new Error('the bare relay has ended');
  };
  return { pid, go: () => void child.send('go'), check, stop };
}

/** Runs a relay, told to go, for the time of `work`. */
export async function withRelay<T>(
  testBed: TestBed,
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

/** Time that a new process takes to list what the controller lists of both API servers, in ms. */
export async function timeToList(testBed: TestBed): Promise<number> {
  const order: ListOrder = [testBed.source.access, testBed.consumer.access];
  const startedAt = performance.now();
  const child = start('bare-lister.ts', order);
  try {
    await answerOf(child, testBed.signal);
    return performance.now() - startedAt;
  } finally {
    await end(child);
  }
}

/** Starts a script that ends when this process does, since the channel to it closes then. */
function start(script: string, order: RelayOrder | ListOrder): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  // In a session of its own: Ctrl-C in a terminal reaches only the parent, which ends its children in order.
  const child = fork(path, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(order);
  return child;
}

/** Waits for the first message of a child. */
async function answerOf(child: ChildProcess, signal: AbortSignal): Promise<void> {
  const gone = new AbortController();
  const exited = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Error(`${child.spawnfile} ${child.spawnargs.at(-1)} ended with ${code}`);
  });
  try {
    await Promise.race([once(child, 'message', { signal }), exited]);
  } finally {
    exited.catch(() => {});
    gone.abort();
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
