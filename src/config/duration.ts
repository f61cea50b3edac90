/** Durations in Go's notation, which Kubernetes users know: `15s`, `1m30s`, `500ms`. */

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Also the pattern in the JSON Schema. */
export const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/;

const PART = /(?<count>\d+(?:\.\d+)?)(?<unit>ms|h|m|s)/g;

/** A duration in milliseconds; undefined if the text is not one. Source: Go's time.ParseDuration, from ms to h. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const { groups } of text.matchAll(PART)) {
    total += Number(groups?.count) * (UNIT_MS[groups?.unit ?? ''] ?? Number.NaN);
  }
  return Math.round(total);
}
