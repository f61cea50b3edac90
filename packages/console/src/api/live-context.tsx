/** Follows the stream of changes for as long as the page is open. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { type Connection, follow } from './live.ts';
import { sessionQuery } from './queries.ts';
import { synchronize } from './sync.ts';

interface LiveContext {
  readonly connection: Connection;
  /** Shortly after a lost connection was caught up with. */
  readonly caughtUp: boolean;
}

const Context = createContext<LiveContext>({ connection: { state: 'connecting' }, caughtUp: false });

const NOTICE_MS = 4_000;

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const [live, setLive] = useState<LiveContext>({ connection: { state: 'connecting' }, caughtUp: false });
  useEffect(() => {
    const controller = new AbortController();
    let notice: ReturnType<typeof setTimeout> | undefined;
    const connection = (next: Connection) => {
      setLive((last) => {
        const caughtUp = next.state === 'live' && last.connection.state === 'lost';
        if (caughtUp) {
          clearTimeout(notice);
          notice = setTimeout(() => setLive({ connection: next, caughtUp: false }), NOTICE_MS);
        }
        return { connection: next, caughtUp };
      });
      if (next.state === 'expired') void client.resetQueries(sessionQuery);
    };
    void follow({ ...synchronize(client, controller.signal), connection }, controller.signal);
    return () => {
      controller.abort();
      clearTimeout(notice);
    };
  }, [client]);
  return <Context value={live}>{children}</Context>;
}

export const useLive = (): LiveContext => use(Context);
