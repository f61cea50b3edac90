import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { RequestError, signIn } from '../api/client.ts';
import { LiveProvider } from '../api/live-context.tsx';
import { sessionQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from '../parts/button.tsx';
import { Problem, Skeleton } from '../parts/reading.tsx';
import { SessionProvider } from './session-context.tsx';

/** Shows the pages if there is a session, and how to get one if not. */
export function SignedIn({ children }: { readonly children: ReactNode }) {
  const { data, error, refetch } = useQuery(sessionQuery);
  if (error instanceof RequestError && error.status === 401) return <SignIn login={error.problem.login ?? 'code'} />;
  if (data) {
    return (
      <SessionProvider value={data}>
        <LiveProvider>{children}</LiveProvider>
      </SessionProvider>
    );
  }
  return <main>{error ? <Problem error={error} retry={() => void refetch()} /> : <Skeleton />}</main>;
}

function SignIn({ login }: { readonly login: 'code' | 'token' }) {
  const t = useMessages();
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 p-6">
      <title>{`${t.signIn} · Catamaran`}</title>
      <img src="/icon.svg" alt="" width={40} height={40} />
      <h1 className="text-xl font-semibold">{t.signIn}</h1>
      <p className="text-dim">{login === 'code' ? t.signInCode : t.signInToken}</p>
      {login === 'token' && <TokenForm />}
    </main>
  );
}

/** The token is in the memory of the page only until it is sent. */
function TokenForm() {
  const t = useMessages();
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const [error, setError] = useState<Error>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const session = await signIn(token.trim());
      setToken('');
      client.setQueryData(sessionQuery.queryKey, session);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <label className="flex flex-col gap-1">
        <span className="font-medium">{t.token}</span>
        <input
          type="password"
          autoComplete="off"
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
          className="rounded-md border border-line bg-panel px-3 py-2"
        />
      </label>
      <Button type="submit" look="primary" className="self-start">
        {t.signIn}
      </Button>
      {error && <Problem error={error} />}
    </form>
  );
}
