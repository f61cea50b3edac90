import { useQuery } from '@tanstack/react-query';
import type { TimelineEntry } from '../../../../src/server/console/api-types.ts';
import { timelineQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Empty } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Time } from '../parts/time.tsx';

export function ServiceTimeline({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const t = useMessages();
  const query = useQuery(timelineQuery(namespace, name));
  return (
    <Reading query={query}>
      {({ entries, missing }) => (
        <>
          {missing.map(({ member, why }) => (
            <p key={member} className="bg-warn-soft px-4 py-2 text-warn">
              {t.timelineMissing(member, why)}
            </p>
          ))}
          {entries.length === 0 ? (
            <Empty>{t.timelineNone}</Empty>
          ) : (
            <ol className="max-h-96 overflow-auto px-4 py-2">
              {entries.map((entry) => (
                <Entry
                  key={`${entry.at} ${entry.member} ${entry.kind} ${entry.object} ${entry.reason} ${entry.message}`}
                  entry={entry}
                />
              ))}
            </ol>
          )}
        </>
      )}
    </Reading>
  );
}

function Entry({ entry: { at, member, severity, object, reason, message, count } }: { readonly entry: TimelineEntry }) {
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 py-1.5">
      <span className="text-dim">
        <Time at={at} />
      </span>
      <span className="min-w-0">
        <span className={`font-medium ${severity === 'warning' ? 'text-warn' : ''}`}>
          {severity === 'warning' && '▲ '}
          <Foreign>{reason}</Foreign>
        </span>{' '}
        <Mono className="text-dim">{`${object} · ${member}`}</Mono>
        {count !== undefined && count > 1 && <span className="text-dim">{` ×${count}`}</span>}
        {message !== '' && <Foreign className="block break-words">{message}</Foreign>}
      </span>
    </li>
  );
}
