/** Concurrent requests during setup. */
const PARALLEL = 32;

/** Processes items with bounded concurrency. Rejects with the first error, or the signal's reason. */
export async function inParallel<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = Iterator.from(items);
  const worker = async (): Promise<void> => {
    // The workers share one iterator, so each item is processed once.
    for (const item of queue) {
      signal.throwIfAborted();
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
