import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, Plus } from 'lucide-react';
import type { Attention, Overview } from '../../../../src/server/console/api-types.ts';
import { overviewQuery } from '../api/queries.ts';
import { useSession } from '../app/session-context.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { buttonClass } from '../parts/button.tsx';
import { Empty, Page, Panel } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { State, StateIcon, stateLabel } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { MemberTable } from './member-table.tsx';

export function OverviewPage() {
  const t = useMessages();
  const query = useQuery(overviewQuery);
  return (
    <Page title={t.overview}>
      <Reading query={query}>
        {(overview) => (
          <>
            <Totals overview={overview} />
            <div className="grid min-w-0 gap-4 2xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
              <AttentionPanel overview={overview} />
              <Panel title={t.members}>
                <MemberTable members={overview.members} />
              </Panel>
            </div>
          </>
        )}
      </Reading>
    </Page>
  );
}

function Totals({ overview: { members, totals, states } }: { readonly overview: Overview }) {
  const t = useMessages();
  const ready = members.filter(({ state }) => state === 'ready').length;
  const figures = [
    { to: '/members', value: members.length, label: t.members, note: t.ofWhich(ready, members.length) },
    {
      to: '/services',
      value: totals.services,
      label: t.services,
      note: `${t.nExports(totals.exports)}, ${t.nImports(totals.imports)}`,
    },
    { to: '/conflicts', value: totals.conflicts, label: t.conflicts, note: '' },
  ] as const;
  return (
    <div className="grid gap-3 sm:grid-cols-3 xl:grid-cols-[repeat(3,minmax(0,1fr))_minmax(0,2fr)]">
      {figures.map(({ to, value, label, note }) => (
        <Link key={to} to={to} className="rounded-lg border border-line bg-panel px-4 py-3 hover:border-accent">
          <span className="block text-dim">{label}</span>
          <span className="text-2xl font-semibold tracking-tight tabular-nums">{value.toLocaleString()}</span>{' '}
          <span className="text-dim">{note}</span>
        </Link>
      ))}
      <section
        aria-label={t.servicesByState}
        className="rounded-lg border border-line bg-panel px-4 py-3 sm:col-span-3 xl:col-span-1"
      >
        <h2 className="text-dim">{t.servicesByState}</h2>
        <ul className="flex flex-wrap gap-x-4 gap-y-1 pt-1">
          {Object.entries(states).map(([state, count]) => (
            <li key={state}>
              <Link to="/services" search={{ state }} className="inline-flex items-center gap-1.5 hover:underline">
                <StateIcon state={state} />
                <span className="font-medium tabular-nums">{count}</span> {stateLabel(t, state)}
              </Link>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function AttentionPanel({ overview: { attention, totals } }: { readonly overview: Overview }) {
  const t = useMessages();
  const { write } = useSession();
  const hidden = totals.attention - attention.length;
  return (
    <Panel title={t.attention} note={totals.attention > 0 ? totals.attention.toLocaleString() : undefined}>
      {attention.length === 0 ? (
        <Empty>
          {totals.services === 0 ? (
            <span className="flex flex-col items-center gap-3">
              {t.attentionEmpty}
              {write && (
                <Link to="/create" className={buttonClass('primary')}>
                  <Plus size={15} aria-hidden />
                  {t.create}
                </Link>
              )}
            </span>
          ) : (
            <span className="inline-flex items-center gap-2">
              <CircleCheck size={16} aria-hidden className="text-ok" />
              {t.attentionNone}
            </span>
          )}
        </Empty>
      ) : (
        <ul>
          {grouped(attention).map((group) => (
            <AttentionItem key={keyOfGroup(group.item)} group={group} />
          ))}
        </ul>
      )}
      {hidden > 0 && <p className="border-t border-line px-4 py-2 text-dim">{t.attentionMore(hidden)}</p>}
    </Panel>
  );
}

/** The same problem of one Service in several members. */
interface Group {
  readonly item: Attention;
  readonly members: readonly string[];
}

const keyOfGroup = ({ kind, member, namespace, name, state, reason }: Attention) =>
  [kind, ...(name === undefined ? [member] : [namespace, name]), state, reason ?? ''].join(' ');

export function grouped(attention: readonly Attention[]): readonly Group[] {
  return [...Map.groupBy(attention, keyOfGroup).values()].flatMap((items) =>
    items.slice(0, 1).map((item) => ({ item, members: items.map(({ member }) => member) })),
  );
}

function AttentionItem({ group: { item, members } }: { readonly group: Group }) {
  const t = useMessages();
  const kinds = { member: t.kindMember, controller: t.kindController, export: t.kindExport, import: t.kindImport };
  const { kind, member, namespace, name, state, reason, message } = item;
  const row = 'flex flex-col gap-0.5 px-4 py-2.5 hover:bg-raised -outline-offset-2';
  const content = (
    <>
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <State state={state} hasCaveat />
        <span className="text-dim">{kinds[kind]}</span>
        {namespace !== undefined && name !== undefined && <Mono className="font-medium">{`${namespace}/${name}`}</Mono>}
        <Mono className={`min-w-0 truncate ${namespace === undefined ? 'font-medium' : 'text-dim'}`}>
          {members.join(', ')}
        </Mono>
        {reason !== undefined && <Mono className="ms-auto text-dim">{reason}</Mono>}
      </span>
      {message !== undefined && <Foreign className="line-clamp-2 text-dim">{message}</Foreign>}
    </>
  );
  return (
    <li className="border-t border-line first:border-t-0">
      {namespace !== undefined && name !== undefined ? (
        <Link data-row to="/services/$namespace/$name" params={{ namespace, name }} className={row}>
          {content}
        </Link>
      ) : (
        <Link data-row to="/members/$member" params={{ member }} className={row}>
          {content}
        </Link>
      )}
    </li>
  );
}
