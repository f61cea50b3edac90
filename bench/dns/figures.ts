/** The results as data. */
import { median } from '../report/statistics.ts';

/** A row of the table: medians over the rounds. */
export interface DnsFigure {
  readonly row: string;
  readonly unit: string;
  readonly catamaran: number;
  readonly coredns: number;
  /** Node's UDP echo; null if not measured. */
  readonly echo: number | null;
  /** Median over the rounds of the ratios of Catamaran to CoreDNS, and to the echo. */
  readonly toCoredns: number;
  readonly toEcho: number | null;
  /** Empty without a target. */
  readonly target: string;
  /** Null without a target. */
  readonly met: boolean | null;
  readonly note?: string;
}

/** Better than CoreDNS, at most a limit, or both. */
export type DnsTarget = { readonly than: 'more' | 'less'; readonly atMost?: number } | { readonly atMost: number };

/** Measurements by round. */
export interface Rounds {
  readonly row: string;
  readonly unit: string;
  readonly catamaran: readonly number[];
  readonly coredns: readonly number[];
  readonly echo?: readonly number[];
  readonly target?: DnsTarget;
  readonly note?: string;
}

export interface DnsResults {
  readonly machine: string;
  readonly note: string;
  readonly figures: readonly DnsFigure[];
}

/** Summarizes the rounds. NaN misses every target. */
export function dnsFigure({ row, unit, catamaran, coredns, echo, target, note }: Rounds): DnsFigure {
  const [own, toCoredns] = [median(catamaran), median(ratios(catamaran, coredns))];
  return {
    row,
    unit,
    catamaran: rounded(own),
    coredns: rounded(median(coredns)),
    echo: echo ? rounded(median(echo)) : null,
    toCoredns: rounded(toCoredns),
    toEcho: echo ? rounded(median(ratios(catamaran, echo))) : null,
    target: target ? targetText(target, unit) : '',
    met: target ? meets(target, own, toCoredns) : null,
    ...(note !== undefined && { note }),
  };
}

/** Formats a figure; `-` for null. */
export function shown(value: number | null): string {
  return value === null ? '-' : value.toLocaleString('en', { maximumFractionDigits: 3 });
}

function ratios(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value / (b[i] ?? Number.NaN));
}

function meets(target: DnsTarget, value: number, ratio: number): boolean {
  const bounded = target.atMost === undefined || value <= target.atMost;
  if (!('than' in target)) return bounded;
  return bounded && (target.than === 'more' ? ratio > 1 : ratio < 1);
}

function targetText(target: DnsTarget, unit: string): string {
  const parts = [
    ...(target.atMost === undefined ? [] : [`<= ${target.atMost} ${unit}`]),
    ...('than' in target ? [`${target.than === 'more' ? '>' : '<'} CoreDNS`] : []),
  ];
  return parts.join(', ');
}

function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
