/** Longer times are those of an incorrect clock, or of a change that was written after a long outage. */
const LONGEST_MS = 3_600_000;

/**
 * Time in ms from a change in the source (RFC 3339, as reported by its slice) to a write at `now`, in ms since the epoch;
 * undefined if it cannot be the time of that change.
 */
export function propagationMs(changedAt: string, now: number): number | undefined {
  const ms = now - Date.parse(changedAt);
  return ms >= 0 && ms <= LONGEST_MS ? ms : undefined;
}
