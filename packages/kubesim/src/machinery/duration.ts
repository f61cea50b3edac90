/** Human-readable durations in tables. Source: Kubernetes, apimachinery, util/duration. */

const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

function two(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const first = Math.floor(seconds / big);
  const rest = Math.floor((seconds - first * big) / small);
  return rest === 0 ? `${first}${bigUnit}` : `${first}${bigUnit}${rest}${smallUnit}`;
}

/** A duration in milliseconds, to about two digits: `45s`, `3m10s`, `5h`, `2d4h`, `3y10d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 600) return two(seconds, 60, 'm', 1, 's');
  if (seconds < 3 * HOUR) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 8 * HOUR) return two(seconds, HOUR, 'h', 60, 'm');
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 8 * DAY) return two(seconds, DAY, 'd', HOUR, 'h');
  if (seconds < 2 * YEAR) return `${Math.floor(seconds / DAY)}d`;
  if (seconds < 8 * YEAR) return two(seconds, YEAR, 'y', DAY, 'd');
  return `${Math.floor(seconds / YEAR)}y`;
}

/** Time since an RFC 3339 timestamp, at `now` in milliseconds since the epoch. */
export function since(timestamp: string | undefined, now: number): string {
  return timestamp ? humanDuration(now - Date.parse(timestamp)) : '<unknown>';
}
