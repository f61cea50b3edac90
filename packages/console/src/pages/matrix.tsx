/**
 * Services x members. Only what is on screen is in the document, so rows have places of their own, and roles instead of
 * table elements.
 */
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useMemo, useRef } from 'react';
import type { MemberSummary, ServiceSummary } from '../../../../src/server/console/api-types.ts';
import { keyOf } from '../api/rows.ts';
import { useMessages } from '../i18n/locale.tsx';
import { StateIcon, stateLabel } from '../parts/state.tsx';
import { Mono } from '../parts/text.tsx';
import { MatrixCell, type Sharing, sharingOf } from './matrix-cell.tsx';

const ROW = 32;
/** Of the first column: name and state. */
const FIRST = 'w-44 sm:w-72';
/** Names of few members are written horizontally. */
const FEW = 8;

interface MatrixProps {
  readonly rows: readonly ServiceSummary[];
  readonly members: readonly MemberSummary[];
}

export function Matrix({ rows, members }: MatrixProps) {
  const t = useMessages();
  const scroller = useRef<HTMLDivElement>(null);
  const isWide = members.length <= FEW;
  const width = isWide ? 116 : 36;
  const head = isWide ? 36 : 128;
  const columns = useMemo(() => new Map(members.map(({ name }, index) => [name, index])), [members]);
  const vertical = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
    scrollMargin: head,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: members.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => width,
    overscan: 4,
  });
  const shown = horizontal.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? -1;

  return (
    <section
      ref={scroller}
      aria-label={t.services}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
      tabIndex={0}
      className="relative min-h-64 flex-1 overflow-auto rounded-lg border border-line bg-panel"
    >
      <div
        role="table"
        aria-label={t.services}
        aria-rowcount={rows.length + 1}
        aria-colcount={members.length + 1}
        className="min-w-max"
        style={{ height: vertical.getTotalSize() + head }}
      >
        <div role="rowgroup" className="sticky top-0 z-20 border-b border-line bg-panel">
          <div role="row" aria-rowindex={1} className="flex" style={{ height: head }}>
            <div
              role="columnheader"
              className={`sticky start-0 z-10 flex shrink-0 items-end bg-panel px-4 py-2 font-medium text-dim ${FIRST}`}
            >
              {t.service}
            </div>
            <div className="relative shrink-0" role="presentation" style={{ width: members.length * width }}>
              <Heads members={members} first={first} last={last} width={width} isWide={isWide} />
            </div>
          </div>
        </div>
        <div role="rowgroup">
          {vertical.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={keyOf(row)}
                  row={row}
                  index={index}
                  top={start}
                  columns={columns}
                  first={first}
                  last={last}
                  width={width}
                />
              )
            );
          })}
        </div>
      </div>
    </section>
  );
}

interface HeadsProps {
  readonly members: readonly MemberSummary[];
  /** Columns on screen. */
  readonly first: number;
  readonly last: number;
  readonly width: number;
  readonly isWide: boolean;
}

/** Names of the members; drawn again only if other columns are on screen. */
const Heads = memo(function Heads({ members, first, last, width, isWide }: HeadsProps) {
  const t = useMessages();
  return members.slice(first, last + 1).map(({ name, state }, offset) => (
    <div
      key={name}
      role="columnheader"
      aria-colindex={first + offset + 2}
      className="absolute inset-y-0 flex items-end justify-center overflow-hidden py-2"
      style={{ left: (first + offset) * width, width }}
    >
      <Link
        to="/members/$member"
        params={{ member: name }}
        title={`${name}: ${stateLabel(t, state)}`}
        className={`flex max-h-full max-w-full items-center gap-1 truncate hover:underline ${isWide ? '' : 'rotate-180 [writing-mode:vertical-rl]'} ${state === 'ready' ? '' : 'font-semibold text-bad'}`}
      >
        {state !== 'ready' && <StateIcon state={state} size={12} />}
        <Mono className="truncate">{name}</Mono>
      </Link>
    </div>
  ));
});

interface RowProps {
  readonly row: ServiceSummary;
  readonly index: number;
  readonly top: number;
  readonly columns: ReadonlyMap<string, number>;
  /** Columns on screen. */
  readonly first: number;
  readonly last: number;
  readonly width: number;
}

const Row = memo(function Row({ row, index, top, columns, first, last, width }: RowProps) {
  const t = useMessages();
  const sharing = useMemo(() => sharingOf(row), [row]);
  const cells: { readonly column: number; readonly member: string; readonly shared: Sharing }[] = [];
  for (const [member, shared] of sharing) {
    const column = columns.get(member);
    if (column !== undefined && column >= first && column <= last) cells.push({ column, member, shared });
  }
  cells.sort((a, b) => a.column - b.column);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="group absolute start-0 flex min-w-full border-b border-line hover:bg-raised"
      style={{ top, height: ROW }}
    >
      <div role="rowheader" className={`sticky start-0 z-10 shrink-0 bg-panel group-hover:bg-raised ${FIRST}`}>
        <Link
          data-row
          to="/services/$namespace/$name"
          params={{ namespace: row.namespace, name: row.name }}
          className="flex h-full scroll-my-36 items-center gap-2 px-4 -outline-offset-2"
          title={`${row.namespace}/${row.name}: ${stateLabel(t, row.state)}`}
        >
          <StateIcon state={row.state} />
          <span className="min-w-0 truncate">
            <span className="text-dim">
              <Mono>{`${row.namespace}/`}</Mono>
            </span>
            <Mono className="font-medium">{row.name}</Mono>
          </span>
          <span className="sr-only">{stateLabel(t, row.state)}</span>
        </Link>
      </div>
      <div role="presentation" className="relative shrink-0" style={{ width: columns.size * width }}>
        {cells.map(({ column, member, shared }) => (
          <MatrixCell
            key={member}
            member={member}
            shared={shared}
            column={column}
            left={column * width}
            width={width}
          />
        ))}
      </div>
    </div>
  );
});
