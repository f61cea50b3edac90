import type { Server } from 'node:net';
import type { Clock } from './clock.ts';

/** Stops accepting connections, waits `graceMs` for open ones, then calls `destroy`, which must close them. */
export async function closeServer(
  server: Pick<Server, 'close'>,
  clock: Clock,
  graceMs: number,
  destroy: () => void,
): Promise<void> {
  const closed = new AbortController();
  clock.sleep(graceMs, closed.signal).then(destroy, () => {
    // All connections were closed in time.
  });
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  closed.abort();
}
