/** Requests at once while things are set up. */
const PARALLEL = 32;

/** Works through a list, a bounded number at once. Rejects with the first failure, or with the signal's reason. */
export async function inParallel<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = Iterator.from(items);
  const worker = async (): Promise<void> => {
    // The workers share one iterator: each item is taken once.
    for (const item of queue) {
      signal.throwIfAborted();
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
