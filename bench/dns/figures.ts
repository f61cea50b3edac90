/** The table as data. */
import { median } from '../report/statistics.ts';

/** One row of the table: the medians of the rounds. */
export interface DnsFigure {
  readonly row: string;
  readonly unit: string;
  readonly ours: number;
  readonly coredns: number;
  /** Node's UDP echo; null where it has no such figure. */
  readonly echo: number | null;
  /** Ours over CoreDNS', and over the echo's: the median of the rounds' ratios. */
  readonly toCoredns: number;
  readonly toEcho: number | null;
  /** Empty where there is none. */
  readonly target: string;
  /** Null where there is no target. */
  readonly met: boolean | null;
  readonly note?: string;
}

/** What is asked of a figure: no worse than CoreDNS', and no more than a limit where there is one. */
export type DnsTarget = { readonly than: 'more' | 'less'; readonly atMost?: number } | { readonly atMost: number };

/** What was measured, round by round. */
export interface Rounds {
  readonly row: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly coredns: readonly number[];
  readonly echo?: readonly number[];
  readonly target?: DnsTarget;
  readonly note?: string;
}

/** What was measured, where, and how busy the machine was. */
export interface DnsResults {
  readonly machine: string;
  readonly note: string;
  readonly figures: readonly DnsFigure[];
}

/** Sums rounds up. A figure that is not a number meets no target. */
export function dnsFigure({ row, unit, ours, coredns, echo, target, note }: Rounds): DnsFigure {
  const [own, toCoredns] = [median(ours), median(ratios(ours, coredns))];
  return {
    row,
    unit,
    ours: rounded(own),
    coredns: rounded(median(coredns)),
    echo: echo ? rounded(median(echo)) : null,
    toCoredns: rounded(toCoredns),
    toEcho: echo ? rounded(median(ratios(ours, echo))) : null,
    target: target ? targetText(target, unit) : '',
    met: target ? meets(target, own, toCoredns) : null,
    ...(note !== undefined && { note }),
  };
}

/** A figure for people; a dash for none. */
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
