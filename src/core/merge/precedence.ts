/**
 * The order of the exports of one name. The first one wins conflicts (KEP-1645, "Constraints and Conflict Resolution").
 *
 * What is served is not displaced by a later export, whatever its date: `status.clusters` of each import is the record
 * of the order in which its consumer has served the exporters. It survives restarts without a store, and an exporter
 * that withdraws is removed from it. Exports that no consumer has served yet are ordered by age.
 *
 * A member could forge its record. So the record of a consumer decides for that consumer, and only an exporter itself
 * can testify against it: see {@link conceded}. Other records decide for consumers that have none (ADR 0012).
 */
import type { ServiceExport, ServiceImport } from '../../api/multicluster.ts';
import { otherImplementation } from '../import-manager.ts';

interface DatedExport {
  readonly member: string;
  readonly export: ServiceExport;
}

/** The members that each consumer serves, in order of precedence. */
export type ServedRecords = ReadonlyMap<string, readonly string[]>;

type Ranked = Pick<Precedence, 'aged' | 'records'>;

/** The order of exporters, by member name, and what it was computed from. */
export interface Precedence {
  /** The oldest first. */
  readonly aged: readonly string[];
  /** The exporters in the record of each consumer that has one. */
  readonly records: ServedRecords;
  /** For consumers without a record, and for all whose record agrees. */
  readonly common: readonly string[];
  /** For consumers whose record results in another order. */
  readonly own: ReadonlyMap<string, readonly string[]>;
}

/** The oldest export first; exports of the same second are ordered by the names of their members. */
export function byAge(a: DatedExport, b: DatedExport): number {
  const [first, second] = [a, b].map(({ export: { metadata } }) => Date.parse(metadata.creationTimestamp ?? ''));
  // An object without a time was not read from an API server, so it is last.
  const age = (first || Number.MAX_SAFE_INTEGER) - (second || Number.MAX_SAFE_INTEGER);
  return age || (a.member < b.member ? -1 : 1);
}

/** The record of a consumer: none in an import that is being deleted, or managed by another implementation. */
export function servedRecord(imported: ServiceImport): readonly string[] {
  const { metadata, status } = imported;
  if (metadata.deletionTimestamp !== undefined || otherImplementation(imported)) return [];
  return (status?.clusters ?? []).map(({ cluster }) => cluster);
}

/** The exporters in a record, in order. */
function restricted(record: readonly string[], exporters: readonly string[]): readonly string[] {
  const present = new Set(exporters);
  return [...new Set(record)].filter((member) => present.has(member));
}

/** A record and the rest of an order. */
function followedBy(record: readonly string[], order: readonly string[]): readonly string[] {
  return [...record, ...order.filter((member) => !record.includes(member))];
}

function isPrefix(short: readonly string[], long: readonly string[]): boolean {
  return short.every((member, index) => long[index] === member);
}

function placeIn(record: readonly string[], member: string): number {
  const place = record.indexOf(member);
  return place < 0 ? Number.POSITIVE_INFINITY : place;
}

/** Whether a record places `a` before `b`; a member that is not in it comes after those that are. */
function places(record: readonly string[], a: string, b: string): boolean {
  return placeIn(record, a) < placeIn(record, b);
}

/** Whether the record of `member` places `other` before it. A member has no reason to forge that. */
function concedes(records: ServedRecords, member: string, other: string): boolean {
  const record = records.get(member);
  return record !== undefined && places(record, other, member);
}

/**
 * Whether `a` precedes `b` by what they concede, the older one if they concede to each other; undefined if neither
 * concedes.
 */
function precedesByConcession({ aged, records }: Ranked, a: string, b: string): boolean | undefined {
  const [first, second] = [concedes(records, b, a), concedes(records, a, b)];
  if (first && second) return aged.indexOf(a) < aged.indexOf(b);
  return first || second ? first : undefined;
}

/**
 * A record without the exporters that have withdrawn since: their own records place one of those after them first. A
 * consumer that was not reachable in the meantime has not noticed it.
 */
function conceded(record: readonly string[], ranked: Ranked): readonly string[] {
  const follows = (member: string, later: string) => precedesByConcession(ranked, member, later) === false;
  return record.filter((member, index) => !record.slice(index + 1).some((later) => follows(member, later)));
}

/** Whether `a` precedes `b` by the records; undefined if they do not decide. */
function precedes(ranked: Ranked, a: string, b: string): boolean | undefined {
  const byConcession = precedesByConcession(ranked, a, b);
  if (byConcession !== undefined) return byConcession;
  let votes = 0;
  for (const [consumer, record] of ranked.records) {
    // What an exporter claims in its own favor does not count.
    if (consumer === a || consumer === b) continue;
    if (places(record, a, b)) votes++;
    else if (places(record, b, a)) votes--;
  }
  return votes === 0 ? undefined : votes > 0;
}

/** The order by the majority of records, pair by pair (Copeland's method). */
function byRecords(ranked: Ranked): readonly string[] {
  const { aged } = ranked;
  const wins = new Map<string, number>();
  for (const [index, a] of aged.entries()) {
    for (const b of aged.slice(index + 1)) {
      const winner = precedes(ranked, a, b) === false ? b : a;
      wins.set(winner, (wins.get(winner) ?? 0) + 1);
    }
  }
  // The sort is stable: exporters with the same number of wins stay in order of age.
  return aged.toSorted((a, b) => (wins.get(b) ?? 0) - (wins.get(a) ?? 0));
}

/** The longest record, if all others are the beginning of it; undefined otherwise. */
function longest(records: readonly (readonly string[])[]): readonly string[] | undefined {
  const candidate = records.reduce((best, record) => (record.length > best.length ? record : best), []);
  return records.every((record) => isPrefix(record, candidate)) ? candidate : undefined;
}

/** Returns a function that returns the same array for equal records: most consumers have the same one. */
function interning(): (record: readonly string[]) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (record) => {
    const key = JSON.stringify(record);
    const same = known.get(key) ?? record;
    known.set(key, same);
    return same;
  };
}

/** @param aged the exporters, the oldest first. */
export function precedence(aged: readonly string[], served: ServedRecords): Precedence {
  const intern = interning();
  const records = new Map([...served].map(([consumer, record]) => [consumer, intern(restricted(record, aged))]));
  const distinct = [...new Set(records.values())];
  const agreed = longest(distinct);
  if (agreed) return { aged, records, common: followedBy(agreed, aged), own: new Map() };
  const ranked = { aged, records };
  const common = byRecords(ranked);
  const orders = new Map(distinct.map((record) => [record, followedBy(conceded(record, ranked), common)]));
  const own = new Map<string, readonly string[]>();
  for (const [consumer, record] of records) {
    const order = orders.get(record) ?? common;
    if (!isPrefix(order, common)) own.set(consumer, order);
  }
  return { aged, records, common, own };
}

/**
 * What a changed record of a consumer means for the precedence: `none`; `outdated`: it has to be computed again; or
 * `contradicts`: it has to be computed again, and other consumers may have to change. A record that only follows the
 * precedence changes nothing.
 */
export function effectOf(
  { aged, records, common, own }: Precedence,
  consumer: string,
  record: readonly string[],
): 'none' | 'outdated' | 'contradicts' {
  const before = records.get(consumer) ?? [];
  const after = restricted(record, aged);
  if (after.length === before.length && isPrefix(after, before)) return 'none';
  if (own.size > 0 || !isPrefix(after, common)) return 'contradicts';
  return isPrefix(before, after) ? 'none' : 'outdated';
}
