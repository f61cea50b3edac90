/** Changes of a Service: each shows what it would do before it does it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type {
  ImportResult,
  ServiceDetail,
  Session,
  UnexportResult,
  UnimportResult,
} from '../../../../src/server/console/api-types.ts';
import { change, servicePath } from '../api/client.ts';
import { overviewQuery } from '../api/queries.ts';
import { useSession } from '../app/session-context.tsx';
import type { Messages } from '../i18n/en.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Button, buttonClass } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem, Skeleton } from '../parts/reading.tsx';
import { Foreign } from '../parts/text.tsx';
import { Yaml } from './yaml.tsx';

export type ShareAction =
  | { readonly kind: 'unexport' | 'unimport'; readonly member: string }
  | { readonly kind: 'import' | 'delete' };

interface ActionsProps {
  readonly detail: ServiceDetail;
  readonly onAction: (action: ShareAction) => void;
}

export function ServiceActions({ detail: { report, may }, onAction }: ActionsProps) {
  const t = useMessages();
  return (
    <>
      {may.export && (
        <Link to="/create" search={{ namespace: report.namespace, name: report.name }} className={buttonClass()}>
          {t.exportFrom}
        </Link>
      )}
      {may.import && <Button onClick={() => onAction({ kind: 'import' })}>{t.importTo}</Button>}
      {may.unexport && report.exports.length > 0 && (
        <Button look="danger" onClick={() => onAction({ kind: 'delete' })}>
          {t.deleteAll}
        </Button>
      )}
    </>
  );
}

interface Effect {
  readonly lines: readonly string[];
  readonly yaml?: string;
  /** Whether there is something to do. */
  readonly possible: boolean;
}

interface DialogProps {
  readonly detail: ServiceDetail;
  readonly action: ShareAction;
  readonly onClose: () => void;
}

export function ShareDialog({ detail, action, onClose }: DialogProps) {
  const t = useMessages();
  const session = useSession();
  const client = useQueryClient();
  const [chosen, setChosen] = useState('');
  const member = 'member' in action ? action.member : chosen;
  const isComplete = action.kind === 'delete' || member !== '';
  const preview = useQuery({
    queryKey: ['preview', action.kind, member, detail.report.namespace, detail.report.name, detail.revision],
    queryFn: () => effectOf(t, session, detail, action, member),
    enabled: isComplete,
    gcTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => perform(session, detail, action, member, false),
    onSuccess: () => {
      void client.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'session' && queryKey[0] !== 'preview',
      });
      onClose();
    },
  });
  return (
    <Dialog title={titleOf(t, action)} onClose={onClose}>
      {action.kind === 'import' && <MemberChoice detail={detail} chosen={chosen} onChoose={setChosen} />}
      {isComplete && (
        <section aria-label={t.whatHappens} aria-live="polite" className="flex flex-col gap-2">
          <h3 className="font-medium">{t.whatHappens}</h3>
          {preview.data ? (
            <>
              <ul className="list-disc ps-5">
                {preview.data.lines.map((line) => (
                  <li key={line}>
                    <Foreign>{line}</Foreign>
                  </li>
                ))}
              </ul>
              {preview.data.yaml !== undefined && <Yaml text={preview.data.yaml} />}
            </>
          ) : preview.error ? (
            <Problem error={preview.error} />
          ) : (
            <Skeleton rows={2} />
          )}
        </section>
      )}
      {apply.error && <Problem error={apply.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button
          look={action.kind === 'import' ? 'primary' : 'danger'}
          disabled={!preview.data?.possible || apply.isPending}
          onClick={() => apply.mutate()}
        >
          {apply.isPending ? t.applying : t.apply}
        </Button>
      </div>
    </Dialog>
  );
}

function MemberChoice({
  detail,
  chosen,
  onChoose,
}: {
  detail: ServiceDetail;
  chosen: string;
  onChoose: (name: string) => void;
}) {
  const t = useMessages();
  const { data } = useQuery(overviewQuery);
  const importers = new Set(detail.report.imports.map(({ member }) => member));
  const choices = data?.members.filter(({ name }) => !importers.has(name)) ?? [];
  return (
    <label className="flex flex-col gap-1">
      <span className="font-medium">{t.member}</span>
      <select
        value={chosen}
        onChange={(event) => onChoose(event.target.value)}
        className="rounded-md border border-line bg-panel px-2.5 py-1.5"
      >
        <option value="" />
        {choices.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function titleOf(t: Messages, action: ShareAction): string {
  switch (action.kind) {
    case 'unexport':
      return t.unexportTitle(action.member);
    case 'unimport':
      return t.unimportTitle(action.member);
    case 'import':
      return t.importTitle;
    case 'delete':
      return t.deleteTitle;
  }
}

type Results = readonly (UnexportResult | UnimportResult | ImportResult)[];

/** Sends the requests of an action, or only asks what they would do. */
async function perform(
  session: Session,
  { report: { namespace, name, exports } }: ServiceDetail,
  action: ShareAction,
  member: string,
  dryRun: boolean,
): Promise<Results> {
  const path = servicePath(namespace, name);
  const remove = (kind: 'exports' | 'imports', from: string) =>
    change<UnexportResult>(
      session,
      'DELETE',
      `${kind}/${path}?${new URLSearchParams({ member: from, ...(dryRun && { dryRun: 'true' }) })}`,
    );
  switch (action.kind) {
    case 'unexport':
      return [await remove('exports', member)];
    case 'unimport':
      return [await remove('imports', member)];
    case 'import':
      return [
        await change<ImportResult>(session, 'POST', `imports${dryRun ? '?dryRun=true' : ''}`, {
          namespace,
          name,
          member,
        }),
      ];
    case 'delete': {
      const results = [];
      // In turn, so that a failure leaves the others as they are.
      for (const exported of exports) results.push(await remove('exports', exported.member));
      return results;
    }
  }
}

async function effectOf(
  t: Messages,
  session: Session,
  detail: ServiceDetail,
  action: ShareAction,
  member: string,
): Promise<Effect> {
  const results = await perform(session, detail, action, member, true);
  const lines = new Set<string>();
  let yaml: string | undefined;
  for (const result of results) for (const line of linesOf(t, result, action)) lines.add(line);
  for (const result of results) if ('objects' in result) yaml = result.objects.map((each) => each.yaml).join('---\n');
  const possible = results.some(({ done }) => done === 'planned');
  return { lines: possible ? [...lines] : [...lines, t.nothingToDo], possible, ...(yaml && { yaml }) };
}

function linesOf(t: Messages, { preview }: Results[number], action: ShareAction): readonly string[] {
  if ('remaining' in preview) {
    const { remaining, importers } = preview;
    const isLast = action.kind === 'delete' || remaining.length === 0;
    return [
      isLast ? t.unexportLast : t.unexportRemaining(remaining.join(', ')),
      ...(importers.length > 0 ? [t.unexportImporters(importers.join(', '))] : []),
    ];
  }
  if (preview.problem !== undefined) return [preview.problem];
  return 'exporters' in preview
    ? [t.importEffect(preview.member, preview.exporters.join(', '))]
    : [t.unimportEffect(preview.member)];
}
