/** Which rows of the matrix are shown. */
import type { ServiceSummary } from '../../../../src/server/console/api-types.ts';
import { keyOf } from '../api/rows.ts';

export interface RowFilter {
  /** Words that namespace/name have to contain. */
  readonly q?: string;
  readonly state?: string;
  /** A member that exports or imports it. */
  readonly member?: string;
}

export function filtered(
  rows: readonly ServiceSummary[],
  { q = '', state, member }: RowFilter,
): readonly ServiceSummary[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && state === undefined && member === undefined) return rows;
  return rows.filter((row) => {
    if (state !== undefined && row.state !== state) return false;
    if (member !== undefined && ![...row.exports, ...row.imports].some((cell) => cell.member === member)) return false;
    const key = keyOf(row).toLowerCase();
    return words.every((word) => key.includes(word));
  });
}
