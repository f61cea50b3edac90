import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { MergeView, ServiceDetail } from '../../../../src/server/console/api-types.ts';
import { serviceQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Empty, Page, Panel } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { State } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Endpoints } from './endpoints.tsx';
import { Explain } from './explain.tsx';
import { FieldTable } from './field-table.tsx';
import { Names } from './names.tsx';
import { ServiceActions, type ShareAction, ShareDialog } from './share-dialog.tsx';
import { ExportsTable, ImportsTable } from './sharing-tables.tsx';
import { ServiceTimeline } from './timeline.tsx';

const route = getRouteApi('/services/$namespace/$name');

export function ServicePage() {
  const { namespace, name } = route.useParams();
  const { consumer } = route.useSearch();
  const query = useQuery(serviceQuery(namespace, name));
  const [action, setAction] = useState<ShareAction>();
  const detail = query.data;
  return (
    <Page
      title={`${namespace}/${name}`}
      note={detail && <State state={detail.report.state} />}
      actions={detail && <ServiceActions detail={detail} onAction={setAction} />}
    >
      <Reading query={query}>{(data) => <Sections detail={data} consumer={consumer} onAction={setAction} />}</Reading>
      {action && detail && <ShareDialog detail={detail} action={action} onClose={() => setAction(undefined)} />}
    </Page>
  );
}

interface SectionsProps {
  readonly detail: ServiceDetail;
  readonly consumer: string | undefined;
  readonly onAction: (action: ShareAction) => void;
}

function Sections({ detail, consumer, onAction }: SectionsProps) {
  const t = useMessages();
  const { report, merge, sources } = detail;
  return (
    <div className="grid min-w-0 gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Merge merge={merge} />
        <Panel title={t.exports} note={t.nExports(report.exports.length)}>
          <ExportsTable detail={detail} onAction={onAction} />
        </Panel>
        <Panel title={t.imports} note={t.nImports(report.imports.length)}>
          <ImportsTable detail={detail} onAction={onAction} />
        </Panel>
        <Panel title={t.endpoints}>
          <Endpoints sources={sources} />
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title={t.names}>
          <Names detail={detail} />
        </Panel>
        <Explain namespace={report.namespace} name={report.name} consumer={consumer} />
        <Panel title={t.timeline}>
          <ServiceTimeline namespace={report.namespace} name={report.name} />
        </Panel>
      </div>
    </div>
  );
}

function Merge({ merge }: { readonly merge: MergeView | undefined }) {
  const t = useMessages();
  return (
    <Panel
      title={t.merged}
      note={merge && merge.precedence.length > 1 ? `${t.precedence}: ${merge.precedence.join(' › ')}` : undefined}
    >
      {merge ? (
        <>
          {merge.conflict && (
            <div className="border-b border-line bg-warn-soft px-4 py-2.5">
              <span className="flex flex-wrap items-center gap-x-3">
                <State state="Conflict" />
                <Mono className="text-warn">{merge.conflict.reason}</Mono>
              </span>
              <Foreign className="block">{merge.conflict.message}</Foreign>
            </div>
          )}
          <FieldTable label={t.merged} fields={merge.fields} />
          {merge.unknown.length > 0 && (
            <p className="border-t border-line bg-warn-soft px-4 py-2 text-warn">
              {t.unknownMembers(merge.unknown.join(', '))}
            </p>
          )}
        </>
      ) : (
        <Empty>{t.noMerge}</Empty>
      )}
    </Panel>
  );
}
