const CONCURRENT = 16;

/** Sends requests, a few at a time; the answers are in the order of the endpoints. */
export async function sendAll<E, A>(endpoints: readonly E[], send: (endpoint: E) => Promise<A>): Promise<readonly A[]> {
  const answers: A[] = [];
  const waiting = endpoints.entries();
  const work = async () => {
    for (const [index, endpoint] of waiting) answers[index] = await send(endpoint);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  return answers;
}
