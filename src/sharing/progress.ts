/** Waits until a controller has acted on a new export or import. */
import { type Condition, type KubeObject, type ServiceKey, splitKey } from '../api/meta.ts';
import type { Resource } from '../api/resources.ts';
import { isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';

const POLL_MS = 250;

/** Reasons that the controller is about to replace, after an export or import was created. */
const TRANSIENT: readonly string[] = ['Pending', 'NotExported'];

/** Whether waiting longer makes no difference to a condition. */
export function isSettled({ status, reason }: Pick<Condition, 'status' | 'reason'>): boolean {
  return status === 'True' || !TRANSIENT.includes(reason);
}

export interface Wait {
  readonly clock: Clock;
  /** In ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Reads an object until `done` returns a result; undefined if it does not in time. An object that does not exist is
 * waited for. Rejects if the signal aborts, or the API server responds with another error than 404.
 */
export async function until<O extends KubeObject, T>(
  read: () => Promise<O | undefined>,
  done: (object: O) => T | undefined,
  { clock, timeoutMs, signal }: Wait,
): Promise<T | undefined> {
  const end = clock.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const object = await read();
    const result = object && done(object);
    if (result !== undefined) return result;
    if (clock.now() >= end) return undefined;
    await clock.sleep(POLL_MS, signal);
  }
}

/** The object of a name in a member; undefined if there is none. */
export function reader<O extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  key: ServiceKey,
  signal: AbortSignal,
): () => Promise<O | undefined> {
  return () => client.get<O>(resource, splitKey(key), { signal }).catch(absent);
}

function absent(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}
