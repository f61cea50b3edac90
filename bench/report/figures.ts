/** The table of the benchmark as data. */

/** One row of the table. */
export interface Figure {
  readonly row: string;
  /** Null where it was not measured. */
  readonly ours: number | null;
  /** The bare relay's; null where it has none. */
  readonly baseline: number | null;
  /** Ours over the baseline's. */
  readonly ratio: number | null;
  readonly unit: string;
  readonly target: string;
  /** Null where it was not measured, or where nothing is asked of it. */
  readonly met: boolean | null;
  /** What else there is to know; the reason where it was not measured. */
  readonly note?: string;
}

/** What a figure has to be: at most so much, or at most so many times the baseline. */
export type Target = { readonly atMost: number } | { readonly timesBaseline: number };

/** What a row measured. */
export interface Measured {
  readonly row: string;
  readonly unit: string;
  readonly target: Target;
  readonly ours: number;
  readonly baseline: number | null;
  readonly note?: string;
}

/** Judges a measured row. A figure that is not a number meets no target. */
export function figure({ row, unit, target, ours, baseline, note }: Measured): Figure {
  const ratio = baseline === null || baseline === 0 ? null : ours / baseline;
  return {
    row,
    ...figuresOf(ours, baseline),
    unit,
    target: targetText(target, unit),
    met: 'atMost' in target ? ours <= target.atMost : ratio !== null && ratio <= target.timesBaseline,
    ...(note !== undefined && { note }),
  };
}

/** A measured row that nothing is asked of. */
export function reported({ row, unit, ours, baseline, note }: Omit<Measured, 'target'>): Figure {
  return {
    row,
    ...figuresOf(ours, baseline),
    unit,
    target: '',
    met: null,
    ...(note !== undefined && { note }),
  };
}

function figuresOf(ours: number, baseline: number | null): Pick<Figure, 'ours' | 'baseline' | 'ratio'> {
  const ratio = baseline === null || baseline === 0 ? null : ours / baseline;
  return {
    ours: rounded(ours),
    baseline: baseline === null ? null : rounded(baseline),
    ratio: ratio === null ? null : rounded(ratio),
  };
}

/** A row that stands in the table without figures. */
export function notMeasured(row: string, unit: string, target: string, note: string): Figure {
  return { row, ours: null, baseline: null, ratio: null, unit, target, met: null, note };
}

/** A figure with its unit; a dash for none. */
export function amount(value: number | null, unit: string): string {
  if (value === null) return '-';
  const one = value === 1 && (unit === 'writes' || unit === 'changes');
  return `${value.toLocaleString('en', { maximumFractionDigits: 3 })} ${one ? unit.slice(0, -1) : unit}`;
}

function targetText(target: Target, unit: string): string {
  if ('timesBaseline' in target) return `<= ${target.timesBaseline}x`;
  return target.atMost === 0 ? '0' : `<= ${amount(target.atMost, unit)}`;
}

/** Three digits that count, and never less than whole numbers. */
function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
