/** API timestamps. */

/** metav1.Time: RFC 3339 in UTC, in whole seconds. */
export function apiTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch; 0 if there is no time. */
export function timeOf(text: string | null | undefined): number {
  return text ? Date.parse(text) : 0;
}
