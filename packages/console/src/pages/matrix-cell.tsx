import { memo } from 'react';
import type { ExportCell, ImportCell, ServiceSummary } from '../../../../src/server/console/api-types.ts';
import { useMessages } from '../i18n/locale.tsx';
import { SOFT, stateLabel, TEXT, toneOf } from '../parts/state.tsx';

/** What one member has to do with a Service. */
export interface Sharing {
  readonly exported?: ExportCell;
  readonly imported?: ImportCell;
}

export function sharingOf({ exports, imports }: ServiceSummary): ReadonlyMap<string, Sharing> {
  const cells = new Map<string, Sharing>();
  for (const exported of exports) cells.set(exported.member, { exported });
  for (const imported of imports) cells.set(imported.member, { ...cells.get(imported.member), imported });
  return cells;
}

/** An import, by state, without relying on color. */
const GLYPHS = { ok: '●', warn: '▲', bad: '✕', idle: '◌' };

interface CellProps {
  readonly member: string;
  readonly shared: Sharing;
  readonly column: number;
  readonly left: number;
  readonly width: number;
}

/** An exporter has a box with its number of ready endpoints; an importer, a sign. */
export const MatrixCell = memo(function MatrixCell({
  member,
  shared: { exported, imported },
  column,
  left,
  width,
}: CellProps) {
  const t = useMessages();
  const parts = [
    exported && t.cellExport(member, stateLabel(t, exported.state), exported.ready, exported.total),
    imported && t.cellImport(member, stateLabel(t, imported.state), imported.ready),
    imported?.managedBy !== undefined && t.managedBy(imported.managedBy),
  ].filter((part) => typeof part === 'string');
  const label = parts.join('; ');
  const exportTone =
    exported && (exported.ready === 0 && exported.state === 'Exported' ? 'warn' : toneOf(exported.state));
  const importTone = imported && toneOf(imported.state);
  return (
    <div
      role="cell"
      aria-colindex={column + 2}
      aria-label={label}
      title={label}
      className="absolute inset-y-0 flex items-center justify-center gap-1"
      style={{ left, width }}
    >
      {exported && exportTone && (
        <span
          aria-hidden
          className={`grid h-5 min-w-5 place-items-center rounded px-0.5 text-[0.8em] font-semibold tabular-nums ${SOFT[exportTone]} ${TEXT[exportTone]}`}
        >
          {exportTone === 'bad' ? '✕' : exported.ready}
        </span>
      )}
      {importTone && (exported === undefined || importTone !== 'ok') && (
        <span aria-hidden className={`text-[0.75em] ${TEXT[importTone]}`}>
          {GLYPHS[importTone]}
        </span>
      )}
    </div>
  );
});
