import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { overviewQuery, rowsQuery } from '../api/queries.ts';
import { SEARCH_ID } from '../app/shell.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { Button, Kbd } from '../parts/button.tsx';
import { Empty, Page } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { stateLabel } from '../parts/state.tsx';
import { Matrix } from './matrix.tsx';
import { filtered } from './row-filter.ts';

const route = getRouteApi('/services');
const STATES = ['NotReady', 'Invalid', 'Conflict', 'Pending', 'NotExported', 'NotImported', 'Ready'];
const FIELD = 'rounded-md border border-line bg-panel px-2.5 py-1.5';

/** The URL follows the typing with this delay. */
const URL_DELAY_MS = 200;

export function ServicesPage() {
  const t = useMessages();
  const client = useQueryClient();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const rows = useQuery(rowsQuery(client));
  const overview = useQuery(overviewQuery);
  const [text, setText] = useState(search.q ?? '');
  const q = useDeferredValue(text);
  const { state, member } = search;

  useEffect(() => setText(search.q ?? ''), [search.q]);
  useEffect(() => {
    if (text === (search.q ?? '')) return;
    const timer = setTimeout(() => {
      void navigate({ search: ({ q: _, ...rest }) => ({ ...rest, ...(text !== '' && { q: text }) }), replace: true });
    }, URL_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text, search.q, navigate]);

  const all = rows.data?.services;
  const shown = useMemo(
    () => filtered(all ?? [], { q, ...(state !== undefined && { state }), ...(member !== undefined && { member }) }),
    [all, q, state, member],
  );
  const members = overview.data?.members;
  const choose = (name: 'state' | 'member', value: string) =>
    void navigate({ search: ({ [name]: _, ...rest }) => ({ ...rest, ...(value !== '' && { [name]: value }) }) });
  const isFiltered = text !== '' || state !== undefined || member !== undefined;

  return (
    <Page
      fill
      title={t.services}
      note={
        <span aria-live="polite">
          {rows.data &&
            (rows.data.complete
              ? t.shown(shown.length, rows.data.services.length)
              : t.loadedSoFar(rows.data.services.length))}
        </span>
      }
    >
      <search className="flex flex-wrap items-center gap-2">
        <label
          className={`flex min-w-0 flex-1 items-center gap-2 sm:max-w-80 ${FIELD} focus-within:outline-2 focus-within:outline-accent`}
        >
          <Search size={15} aria-hidden className="shrink-0 text-dim" />
          <input
            id={SEARCH_ID}
            type="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t.searchHint}
            aria-label={t.search}
            className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-dim"
          />
          <Kbd>/</Kbd>
        </label>
        <select
          value={state ?? ''}
          aria-label={t.filterState}
          className={FIELD}
          onChange={(event) => choose('state', event.target.value)}
        >
          <option value="">{`${t.filterState}: ${t.all}`}</option>
          {STATES.map((each) => (
            <option key={each} value={each}>
              {stateLabel(t, each)}
            </option>
          ))}
        </select>
        <select
          value={member ?? ''}
          aria-label={t.filterMember}
          className={`${FIELD} max-w-48`}
          onChange={(event) => choose('member', event.target.value)}
        >
          <option value="">{t.anyMember}</option>
          {members?.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        {isFiltered && (
          <Button
            onClick={() => {
              setText('');
              void navigate({ search: {} });
            }}
          >
            <X size={14} aria-hidden />
            {t.clearFilter}
          </Button>
        )}
        <p className="ms-auto hidden items-center gap-4 text-dim lg:flex">
          <span>
            <span className="rounded bg-ok-soft px-1.5 py-0.5 font-semibold text-ok">3</span> {t.legendExport}
          </span>
          <span>
            <span className="text-ok">●</span> {t.legendImport}
          </span>
        </p>
      </search>
      <Reading query={overview}>
        {(data) => (
          <Reading query={rows}>
            {() =>
              shown.length === 0 ? (
                <Empty>{isFiltered ? t.noMatch : t.attentionEmpty}</Empty>
              ) : (
                <Matrix rows={shown} members={data.members} />
              )
            }
          </Reading>
        )}
      </Reading>
    </Page>
  );
}
