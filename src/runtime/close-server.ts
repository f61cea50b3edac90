/** The end of a server that listens. */
import type { Server } from 'node:net';
import type { Clock } from './clock.ts';

/** Takes no further connection, waits `graceMs` for the open ones to end, then calls `destroy`, which must end them. */
export async function closeServer(
  server: Pick<Server, 'close'>,
  clock: Clock,
  graceMs: number,
  destroy: () => void,
): Promise<void> {
  const closed = new AbortController();
  clock.sleep(graceMs, closed.signal).then(destroy, () => {
    // All connections ended in time.
  });
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  closed.abort();
}
