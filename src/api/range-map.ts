/** Values of networks, for lookups by address: binary search over disjoint intervals. */
import { type IP, parseNetwork } from './ip.ts';

interface Interval<V, T> {
  readonly first: V;
  readonly last: V;
  readonly value: T;
}

/** Networks with values. Overlapping networks of one value are merged; networks of different values must be disjoint. */
export interface RangeMap<T> {
  readonly IPv4: readonly Interval<number, T>[];
  readonly IPv6: readonly Interval<bigint, T>[];
}

function merged<V extends number | bigint, T>(intervals: readonly Interval<V, T>[]): readonly Interval<V, T>[] {
  const result: Interval<V, T>[] = [];
  for (const interval of intervals.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = result.at(-1);
    if (before && before.value === interval.value && interval.first <= before.last) {
      if (interval.last > before.last) result[result.length - 1] = { ...before, last: interval.last };
    } else {
      result.push(interval);
    }
  }
  return result;
}

/** A map of CIDRs; those that cannot be parsed are ignored. */
export function rangeMap<T>(entries: Iterable<readonly [cidr: string, value: T]>): RangeMap<T> {
  const four: Interval<number, T>[] = [];
  const six: Interval<bigint, T>[] = [];
  for (const [cidr, value] of entries) {
    const network = parseNetwork(cidr);
    if (network?.family === 'IPv4') four.push({ first: network.first, last: network.last, value });
    else if (network) six.push({ first: network.first, last: network.last, value });
  }
  return { IPv4: merged(four), IPv6: merged(six) };
}

/** A set of networks. */
export type RangeSet = RangeMap<true>;

export function rangeSet(cidrs: Iterable<string>): RangeSet {
  return rangeMap([...cidrs].map((cidr) => [cidr, true] as const));
}

function find<V extends number | bigint, T>(intervals: readonly Interval<V, T>[], address: V): T | undefined {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const interval = intervals[middle];
    if (interval && interval.first <= address) low = middle + 1;
    else high = middle;
  }
  const candidate = intervals[low - 1];
  return candidate && address <= candidate.last ? candidate.value : undefined;
}

/** The value of the network that contains an address. */
export function lookup<T>(map: RangeMap<T>, ip: IP): T | undefined {
  return ip.family === 'IPv4' ? find(map.IPv4, ip.value) : find(map.IPv6, ip.value);
}

export function isEmpty({ IPv4, IPv6 }: RangeMap<unknown>): boolean {
  return IPv4.length === 0 && IPv6.length === 0;
}
