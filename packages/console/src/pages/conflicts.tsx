import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { conflictsQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Empty, Page, Panel } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { Mono } from '../parts/text.tsx';
import { FieldTable } from './field-table.tsx';

export function ConflictsPage() {
  const t = useMessages();
  const query = useQuery(conflictsQuery);
  return (
    <Page title={t.conflicts} note={query.data && t.nConflicts(query.data.total)}>
      <Reading query={query}>
        {({ conflicts }) =>
          conflicts.length === 0 ? (
            <Empty>
              <span className="inline-flex items-center gap-2">
                <CircleCheck size={16} aria-hidden className="text-ok" />
                {t.conflictsNone}
              </span>
            </Empty>
          ) : (
            <>
              <p className="text-dim">{t.conflictsHint}</p>
              {conflicts.map(({ namespace, name, reason, fields }) => (
                <Panel
                  key={`${namespace}/${name}`}
                  title={`${namespace}/${name}`}
                  note={
                    <span className="flex items-center gap-4">
                      <Mono>{reason}</Mono>
                      <Link
                        data-row
                        to="/services/$namespace/$name"
                        params={{ namespace, name }}
                        className="text-accent hover:underline"
                        aria-label={`${t.openService} ${namespace}/${name}`}
                      >
                        {t.openService}
                      </Link>
                    </span>
                  }
                >
                  <FieldTable label={`${namespace}/${name}`} fields={fields} />
                </Panel>
              ))}
            </>
          )
        }
      </Reading>
    </Page>
  );
}
