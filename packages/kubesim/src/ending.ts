/** Life cycles that a caller's signal bounds. */

/**
 * Closes what runs when the signal aborts, and forgets the signal once it has `ended`. If the signal has aborted already,
 * closes at once and throws its reason.
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
