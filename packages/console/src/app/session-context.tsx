import { createContext, use } from 'react';
import type { Session } from '../../../../src/server/console/api-types.ts';

const Context = createContext<Session | undefined>(undefined);

export const SessionProvider = Context;

/** The session of the user; pages are shown only if there is one. */
export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error('no session');
  return session;
}
