import { Send } from 'lucide-react';
import { useState } from 'react';
import type { LiveRequestLine, ServiceDetail } from '../../../../src/server/console/api-types.ts';
import { liveRequest } from '../api/client.ts';
import { useSession } from '../app/session-context.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from '../parts/button.tsx';
import { Copyable } from '../parts/copy.tsx';
import { Empty } from '../parts/layout.tsx';
import { Foreign, Mono } from '../parts/text.tsx';

/** The names that pods of each importer call, and a request to try them. */
export function Names({ detail }: { readonly detail: ServiceDetail }) {
  const t = useMessages();
  if (detail.names.length === 0) return <Empty>{t.namesNone}</Empty>;
  const ports = detail.merge?.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ');
  return (
    <ul>
      {detail.names.map(({ member, names }) => (
        <li key={member} className="flex flex-col gap-1 border-t border-line px-4 py-2.5 first:border-t-0">
          <span className="flex items-center gap-2">
            <Mono className="font-medium">{member}</Mono>
            {ports !== undefined && <Mono className="text-dim">{ports}</Mono>}
          </span>
          {names.map((name) => (
            <Copyable key={name} text={name} />
          ))}
          <TryRequest detail={detail} member={member} />
        </li>
      ))}
    </ul>
  );
}

function TryRequest({ detail: { report }, member }: { readonly detail: ServiceDetail; readonly member: string }) {
  const t = useMessages();
  const session = useSession();
  const [last, setLast] = useState<LiveRequestLine>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  if (!session.requests.available) return null;
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const { namespace, name } = report;
      for await (const line of liveRequest(
        session,
        { namespace, name, from: member, timeoutSeconds: 5 },
        AbortSignal.timeout(15_000),
      ))
        setLast(line);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex flex-col gap-1" aria-live="polite">
      <Button
        onClick={() => void send()}
        disabled={busy}
        className="self-start"
        aria-label={`${t.sendRequest}: ${member}`}
      >
        <Send size={13} aria-hidden />
        {busy ? t.sending : t.sendRequest}
      </Button>
      {error !== undefined && <Foreign className="text-bad">{error}</Foreign>}
      {last && <RequestLine line={last} />}
    </div>
  );
}

export function RequestLine({ line }: { readonly line: LiveRequestLine }) {
  const t = useMessages();
  if (!line.ok) return <Foreign className="break-words text-bad">{t.requestFailed(line.seen)}</Foreign>;
  return (
    <div>
      <Foreign className="break-words text-ok">
        {t.requestOk(line.kind === 'done' ? line.status : undefined, line.url)}
      </Foreign>
      {line.kind === 'done' && line.body !== undefined && (
        <pre className="mt-1 max-h-32 overflow-auto rounded-md bg-raised p-2 whitespace-pre-wrap">
          <Foreign>{line.body}</Foreign>
        </pre>
      )}
    </div>
  );
}
