/** Creates the objects, and follows them until a request succeeds. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type {
  CreatePreview,
  ExportResult,
  ImportResult,
  LiveRequestLine,
} from '../../../../src/server/console/api-types.ts';
import { change, liveRequest } from '../api/client.ts';
import { serviceQuery } from '../api/queries.ts';
import { useSession } from '../app/session-context.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { Button, buttonClass } from '../parts/button.tsx';
import { Copyable } from '../parts/copy.tsx';
import { Panel } from '../parts/layout.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { RequestLine } from './names.tsx';

/** What the user has chosen, as the URL has it. */
export interface Chosen {
  readonly provider: string;
  readonly namespace: string;
  readonly name: string;
  readonly consumers: readonly string[];
}

interface ProgressProps {
  readonly chosen: Chosen;
  readonly preview: CreatePreview;
  readonly acceptConflict: boolean;
  readonly onAgain: () => void;
}

/** How long the request is tried, in seconds. */
const TRY_SECONDS = 30;

type Outcome = 'waiting' | 'done' | 'failed';

export function CreateProgress({ chosen, preview, acceptConflict, onAgain }: ProgressProps) {
  const t = useMessages();
  const session = useSession();
  const client = useQueryClient();
  const { provider, namespace, name } = chosen;
  const consumers = preview.imports.filter(({ problem }) => problem === undefined);
  const creation = useMutation({
    mutationFn: async () => {
      await change<ExportResult>(session, 'POST', 'exports', { namespace, name, member: provider, acceptConflict });
      for (const { member, by, alreadyImported } of consumers) {
        if (by === 'manual' && !alreadyImported) {
          await change<ImportResult>(session, 'POST', 'imports', { namespace, name, member, provider });
        }
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: serviceQuery(namespace, name).queryKey }),
  });
  const begun = useRef(false);
  const { mutate } = creation;
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    mutate();
  }, [mutate]);

  // 404 until the cache of the server has the export; then a change says so.
  const detail = useQuery({ ...serviceQuery(namespace, name), enabled: creation.isSuccess });
  const exported = detail.data?.report.exports.find(({ member }) => member === provider);
  const isAccepted = exported?.state === 'Exported' || exported?.state === 'Conflict';
  const imports = new Map(detail.data?.report.imports.map((each) => [each.member, each]));
  const isReady = (member: string) => imports.get(member)?.state === 'Ready';
  const caller = consumers.find(({ member }) => member !== provider) ?? consumers[0];
  const request = useFirstRequest(chosen, caller?.member, isAccepted && caller !== undefined && isReady(caller.member));

  const outcome = (isDone: boolean, isFailed = false): Outcome => (isDone ? 'done' : isFailed ? 'failed' : 'waiting');
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <Panel title={t.progress} note={`${namespace}/${name}`}>
        <ol className="flex flex-col gap-1 p-4" aria-live="polite">
          <Step label={t.stepExport(provider)} outcome={outcome(creation.isSuccess, creation.isError)}>
            {creation.error && <Foreign className="text-bad">{creation.error.message}</Foreign>}
          </Step>
          <Step label={t.stepAccepted} outcome={outcome(isAccepted, exported?.state === 'Invalid')}>
            {exported?.message !== undefined && <Foreign className="text-dim">{exported.message}</Foreign>}
          </Step>
          {consumers.map(({ member }) => (
            <Step key={member} label={t.stepImport(member)} outcome={outcome(isReady(member))}>
              {imports.get(member)?.message !== undefined && !isReady(member) && (
                <Foreign className="text-dim">{imports.get(member)?.message ?? ''}</Foreign>
              )}
            </Step>
          ))}
          {caller && (
            <Step
              label={t.stepRequest(caller.member)}
              outcome={
                session.requests.available
                  ? outcome(request?.kind === 'done' && request.ok, request?.kind === 'done')
                  : 'waiting'
              }
            >
              {session.requests.available ? (
                request && <RequestLine line={request} />
              ) : (
                <Foreign className="text-dim">{t.noRequests(session.requests.why)}</Foreign>
              )}
            </Step>
          )}
        </ol>
        <div className="flex gap-2 border-t border-line p-4">
          <Link to="/services/$namespace/$name" params={{ namespace, name }} className={buttonClass('primary')}>
            {t.openService}
          </Link>
          <Button onClick={onAgain}>{t.another}</Button>
        </div>
      </Panel>
      <Panel title={t.names}>
        <ul>
          {consumers.map(({ member, names }) => (
            <li key={member} className="flex flex-col border-t border-line px-4 py-2.5 first:border-t-0">
              <Mono className="font-medium">{member}</Mono>
              {names.map((each) => (
                <Copyable key={each} text={each} />
              ))}
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

/** Sends a request as soon as it can succeed. */
function useFirstRequest(
  { namespace, name }: Chosen,
  from: string | undefined,
  isReady: boolean,
): LiveRequestLine | undefined {
  const session = useSession();
  const [line, setLine] = useState<LiveRequestLine>();
  useEffect(() => {
    if (!isReady || from === undefined || !session.requests.available) return;
    const controller = new AbortController();
    const send = async () => {
      const request = { namespace, name, from, timeoutSeconds: TRY_SECONDS };
      for await (const each of liveRequest(session, request, controller.signal)) setLine(each);
    };
    send().catch((error: unknown) => {
      if (controller.signal.aborted) return;
      setLine({ kind: 'done', ok: false, url: '', seen: error instanceof Error ? error.message : String(error) });
    });
    return () => controller.abort();
  }, [session, namespace, name, from, isReady]);
  return line;
}

function Step({
  label,
  outcome,
  children,
}: {
  readonly label: string;
  readonly outcome: Outcome;
  readonly children?: ReactNode;
}) {
  const t = useMessages();
  const icons = {
    done: <CircleCheck size={17} aria-hidden className="text-ok" />,
    failed: <CircleX size={17} aria-hidden className="text-bad" />,
    waiting: <LoaderCircle size={17} aria-hidden className="motion-safe:animate-spin text-dim" />,
  };
  const said = { done: t.done, failed: t.failedStep, waiting: t.waiting };
  return (
    <li className="flex gap-3 py-1.5" data-outcome={outcome}>
      <span className="pt-0.5">{icons[outcome]}</span>
      <span className="min-w-0 flex-1">
        <span className={outcome === 'waiting' ? 'text-dim' : 'font-medium'}>{label}</span>
        <span className="sr-only">{`: ${said[outcome]}`}</span>
        {children !== undefined && <div className="min-w-0 break-words">{children}</div>}
      </span>
    </li>
  );
}
