/** What is shown until data is there, or if it cannot be had. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { RequestError } from '../api/client.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from './button.tsx';
import { Foreign, Mono } from './text.tsx';

export function Problem({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const t = useMessages();
  const isRequest = error instanceof RequestError;
  const isMissing = isRequest && error.status === 404;
  return (
    <div role="alert" className="m-4 flex flex-col items-start gap-2 rounded-lg border border-line bg-bad-soft p-4">
      <strong className="text-bad">{isMissing ? t.notFound : t.failed}</strong>
      <Foreign>{error.message}</Foreign>
      {isRequest && <Mono className="text-dim">{error.problem.code}</Mono>}
      {retry && <Button onClick={retry}>{t.retry}</Button>}
    </div>
  );
}

/** Lines in the place of the content. */
export function Skeleton({ rows = 5 }: { readonly rows?: number }) {
  const t = useMessages();
  return (
    <div role="status" aria-label={t.loading} className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => `${row}`).map((row) => (
        <div key={row} className="h-4 motion-safe:animate-pulse rounded bg-raised" />
      ))}
    </div>
  );
}

interface ReadingProps<T> {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}

/** Data that was read stays on screen while it is read again, even if that fails. */
export function Reading<T>({ query, children }: ReadingProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />;
  return <Skeleton />;
}
