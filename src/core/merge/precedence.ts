/** Which export wins a conflict. KEP-1645, "Constraints and Conflict Resolution". */
import type { ServiceExport } from '../../api/multicluster.ts';

interface DatedExport {
  readonly member: string;
  readonly export: ServiceExport;
}

/** The oldest export first; exports of the same second are ordered by the names of their members. */
export function byPrecedence(a: DatedExport, b: DatedExport): number {
  const [first, second] = [a, b].map(({ export: { metadata } }) => Date.parse(metadata.creationTimestamp ?? ''));
  // An object without a time was not read from an API server, so it is last.
  const age = (first || Number.MAX_SAFE_INTEGER) - (second || Number.MAX_SAFE_INTEGER);
  return age || (a.member < b.member ? -1 : 1);
}
