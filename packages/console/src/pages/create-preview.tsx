import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { CreatePreview } from '../../../../src/server/console/api-types.ts';
import { useSession } from '../app/session-context.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from '../parts/button.tsx';
import { Copyable } from '../parts/copy.tsx';
import { Empty, Panel } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Yaml } from './yaml.tsx';

interface PreviewProps {
  readonly query: UseQueryResult<CreatePreview>;
  readonly isChosen: boolean;
  readonly onCreate: (preview: CreatePreview, acceptConflict: boolean) => void;
}

export function CreatePreviewPanel({ query, isChosen, onCreate }: PreviewProps) {
  const t = useMessages();
  return (
    <Panel title={`4. ${t.preview}`}>
      {isChosen ? (
        <Reading query={query}>{(preview) => <Preview preview={preview} onCreate={onCreate} />}</Reading>
      ) : (
        <Empty>{t.previewHint}</Empty>
      )}
    </Panel>
  );
}

function Preview({
  preview,
  onCreate,
}: {
  readonly preview: CreatePreview;
  readonly onCreate: PreviewProps['onCreate'];
}) {
  const t = useMessages();
  const { write } = useSession();
  const [accepted, setAccepted] = useState(false);
  const { refusal, conflict, alreadyExported } = preview.export;
  const canCreate = write && !refusal && (!conflict || accepted);
  return (
    <div className="flex flex-col gap-4 p-4">
      {refusal && (
        <div className="rounded-md bg-bad-soft p-3">
          <strong className="text-bad">{t.refusal}</strong> <Mono>{refusal.reason}</Mono>
          <Foreign className="block">{refusal.message}</Foreign>
        </div>
      )}
      {conflict && (
        <div className="flex flex-col gap-2 rounded-md bg-warn-soft p-3">
          <span>
            <strong className="text-warn">{t.conflictWarning}</strong> <Mono>{conflict.reason}</Mono>
          </span>
          <Foreign>{conflict.message}</Foreign>
          <label className="flex items-center gap-2 font-medium">
            <input
              type="checkbox"
              className="accent-accent"
              checked={accepted}
              onChange={(event) => setAccepted(event.target.checked)}
            />
            {t.acceptConflict}
          </label>
        </div>
      )}
      {!refusal && !conflict && (
        <p className="text-ok">{alreadyExported && preview.objects.length === 0 ? t.previewExists : t.previewClean}</p>
      )}
      {preview.objects.map(({ member, object, yaml }) => (
        <section
          key={`${member} ${object.kind}`}
          aria-label={`${object.kind} ${member}`}
          className="flex flex-col gap-1"
        >
          <h3>
            <span className="font-medium">{object.kind}</span> <Mono className="text-dim">{member}</Mono>
          </h3>
          <Yaml text={yaml} />
        </section>
      ))}
      <ul className="flex flex-col gap-2">
        {preview.imports.map(({ member, by, problem, names }) => (
          <li key={member} className="flex flex-col">
            <span>
              <Mono className="font-medium">{member}</Mono>{' '}
              <span className="text-dim">{by === 'automatic' ? t.byAutomatic : t.byManual}</span>
            </span>
            {problem !== undefined && <Foreign className="text-bad">{problem}</Foreign>}
            {names.map((name) => (
              <Copyable key={name} text={name} />
            ))}
          </li>
        ))}
      </ul>
      <Button look="primary" className="self-start" disabled={!canCreate} onClick={() => onCreate(preview, accepted)}>
        {t.createNow}
      </Button>
    </div>
  );
}
