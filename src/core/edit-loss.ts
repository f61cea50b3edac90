/** What an edit of the fleet file removes, and whether that is so much that it may be a mistake. */

/** How much of a member is served, or of all members. */
export interface Served {
  /** Endpoints that its exports offer to others. */
  readonly endpoints: number;
  readonly exports: number;
  /** ServiceImports in the member itself. */
  readonly imports: number;
}

export interface EditLimits {
  /** An edit that removes a larger share, in percent, is held back. */
  readonly percent: number;
  /** An edit that removes less than this number is not held back. */
  readonly minimum: number;
}

export const NOTHING_SERVED: Served = { endpoints: 0, exports: 0, imports: 0 };

const KINDS = ['endpoints', 'exports', 'imports'] as const;

export function sumOf(all: readonly Served[]): Served {
  const total = (kind: keyof Served) => all.reduce((sum, served) => sum + served[kind], 0);
  return { endpoints: total('endpoints'), exports: total('exports'), imports: total('imports') };
}

/** What is lost, such as `3 of 4 endpoints`; empty if nothing is. */
export function lossText(before: Served, after: Served): string {
  return KINDS.flatMap((kind) => {
    const lost = before[kind] - after[kind];
    return lost > 0 ? [`${lost} of ${before[kind]} ${kind}`] : [];
  }).join(', ');
}

/** Whether the loss of any kind exceeds the limits. */
export function isTooMuch(before: Served, after: Served, { percent, minimum }: EditLimits): boolean {
  return KINDS.some((kind) => {
    const lost = before[kind] - after[kind];
    return lost >= minimum && lost * 100 > before[kind] * percent;
  });
}
