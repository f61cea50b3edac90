/** Lifetimes bound to a caller's abort signal. */

/**
 * Closes `running` when the signal aborts, and removes the listener once `ended` aborts. If the signal has already
 * aborted, closes immediately and throws its reason.
 */
export async function endingWith<T extends { close(): Promise<void> }>(
  signal: AbortSignal | undefined,
  running: T,
  ended: AbortSignal,
): Promise<T> {
  if (signal?.aborted) {
    await running.close();
    throw signal.reason;
  }
  signal?.addEventListener('abort', () => void running.close(), { once: true, signal: ended });
  return running;
}
