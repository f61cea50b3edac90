import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Write } from '../../../../src/server/console/api-types.ts';
import { writesQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Empty, Page, Table } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { State } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Time } from '../parts/time.tsx';

export function WritesPage() {
  const t = useMessages();
  const query = useQuery(writesQuery);
  return (
    <Page title={t.writes} note={query.data?.source === 'events' ? t.writesFromEvents : undefined}>
      <Reading query={query}>
        {({ writes, dropped }) => (
          <div className="overflow-hidden rounded-lg border border-line bg-panel">
            {writes.length === 0 ? (
              <Empty>{t.writesNone}</Empty>
            ) : (
              <Table label={t.writes} head={[t.time, t.member, t.operation, t.object, t.why, t.outcome, t.lag]}>
                {writes.map((write) => (
                  <WriteRow key={write.id} write={write} />
                ))}
              </Table>
            )}
            {dropped > 0 && <p className="border-t border-line px-4 py-2 text-dim">{t.writesDropped(dropped)}</p>}
          </div>
        )}
      </Reading>
    </Page>
  );
}

function WriteRow({ write }: { readonly write: Write }) {
  const t = useMessages();
  const ops = { create: t.opCreate, patch: t.opPatch, delete: t.opDelete, event: t.opEvent };
  const [namespace, name] = write.service?.split('/') ?? [];
  const object = `${write.resource} ${write.namespace}/${write.name}`;
  return (
    <tr className="hover:bg-raised">
      <td>
        <Time at={write.at} />
      </td>
      <td>
        <Mono>{write.member}</Mono>
      </td>
      <td>{ops[write.op]}</td>
      <td className="min-w-56">
        {namespace !== undefined && name !== undefined ? (
          <Link data-row to="/services/$namespace/$name" params={{ namespace, name }} className="hover:underline">
            <Mono className="break-all">{object}</Mono>
          </Link>
        ) : (
          <Mono className="break-all">{object}</Mono>
        )}
      </td>
      <td className="min-w-48">
        <Foreign>{write.why}</Foreign>
      </td>
      <td>
        <State state={write.outcome} />
        {write.refusal !== undefined && <Foreign className="block text-dim">{write.refusal}</Foreign>}
      </td>
      <td className="whitespace-nowrap tabular-nums">{write.lagMs === undefined ? '' : `${write.lagMs} ms`}</td>
    </tr>
  );
}
