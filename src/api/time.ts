/** Timestamps of Kubernetes objects. Source: Kubernetes API reference, metav1.Time and metav1.MicroTime. */

/** RFC 3339 in UTC, to the second; `ms` is since the epoch. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC, with six fractional digits; `ms` is since the epoch. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
