/** Times of the API. */

/** metav1.Time: RFC 3339 in UTC, to the second. */
export function apiTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch; 0 where there is no time. */
export function timeOf(text: string | null | undefined): number {
  return text ? Date.parse(text) : 0;
}
