/** The results of the benchmark as data. */

export interface Figure {
  readonly row: string;
  /** Null if not measured. */
  readonly catamaran: number | null;
  /** The bare relay; null if not applicable. */
  readonly baseline: number | null;
  /** Catamaran over the baseline. */
  readonly ratio: number | null;
  readonly unit: string;
  readonly target: string;
  /** Null if not measured, or without a target. */
  readonly met: boolean | null;
  /** Details; the reason if not measured. */
  readonly note?: string;
}

/** An upper bound, absolute or relative to the baseline. */
export type Target = { readonly atMost: number } | { readonly timesBaseline: number };

export interface Measured {
  readonly row: string;
  readonly unit: string;
  readonly target: Target;
  readonly catamaran: number;
  readonly baseline: number | null;
  readonly note?: string;
}

/** A measured row with a target. NaN misses every target. */
export function figure({ row, unit, target, catamaran, baseline, note }: Measured): Figure {
  const ratio = baseline === null || baseline === 0 ? null : catamaran / baseline;
  return {
    row,
    ...figuresOf(catamaran, baseline),
    unit,
    target: targetText(target, unit),
    met: 'atMost' in target ? catamaran <= target.atMost : ratio !== null && ratio <= target.timesBaseline,
    ...(note !== undefined && { note }),
  };
}

/** A measured row without a target. */
export function reported({ row, unit, catamaran, baseline, note }: Omit<Measured, 'target'>): Figure {
  return {
    row,
    ...figuresOf(catamaran, baseline),
    unit,
    target: '',
    met: null,
    ...(note !== undefined && { note }),
  };
}

function figuresOf(catamaran: number, baseline: number | null): Pick<Figure, 'catamaran' | 'baseline' | 'ratio'> {
  const ratio = baseline === null || baseline === 0 ? null : catamaran / baseline;
  return {
    catamaran: rounded(catamaran),
    baseline: baseline === null ? null : rounded(baseline),
    ratio: ratio === null ? null : rounded(ratio),
  };
}

/** A row without figures. */
export function notMeasured(row: string, unit: string, target: string, note: string): Figure {
  return { row, catamaran: null, baseline: null, ratio: null, unit, target, met: null, note };
}

/** Formats a figure with its unit; `-` for null. */
export function amount(value: number | null, unit: string): string {
  if (value === null) return '-';
  const one = value === 1 && (unit === 'writes' || unit === 'changes');
  return `${value.toLocaleString('en', { maximumFractionDigits: 3 })} ${one ? unit.slice(0, -1) : unit}`;
}

function targetText(target: Target, unit: string): string {
  if ('timesBaseline' in target) return `<= ${target.timesBaseline}x`;
  return target.atMost === 0 ? '0' : `<= ${amount(target.atMost, unit)}`;
}

/** Three significant digits; whole numbers from 1,000. */
function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
