/**
 * Pre-encoded records. The queried name is at the same offset in every response, so records are encoded once, with
 * compression pointers to it.
 */
import { type NameKey, nameBytes } from '../wire/name.ts';
import { CLASS_IN, HEADER_BYTES, TYPE } from '../wire/protocol.ts';

/** Concatenated records in rows. A row, one record or a whole set, is sent completely or not at all. */
export interface Rows {
  /** One character per byte. Many of these are cached, and a Buffer has an overhead of about a hundred bytes. */
  readonly bytes: string;
  readonly count: number;
  /** End offset of each row; the row length if all rows have the same. */
  readonly ends: readonly number[] | number;
  /** Number of records up to the end of each row; the number per row if all rows have the same. */
  readonly records: readonly number[] | number;
}

/** End offset of a row in bytes; 0 for row -1. */
export function endOf({ ends }: Rows, row: number): number {
  return upTo(ends, row);
}

/** Number of records in the first `rows` rows. */
export function recordsOf({ records }: Rows, rows: number): number {
  return upTo(records, rows - 1);
}

function upTo(sums: readonly number[] | number, row: number): number {
  return typeof sums === 'number' ? sums * (row + 1) : (sums[row] ?? 0);
}

/** The records of one name and type, with the additional records that save clients another query. */
export class RecordSet {
  readonly answers: Rows;
  readonly additional: Rows | undefined;
  #turn = 0;

  constructor(answers: Rows, additional?: Rows) {
    this.answers = answers;
    this.additional = additional;
  }

  /** First row of the next response, round-robin: clients that use the first record are spread over all of them. */
  nextStart(): number {
    const turn = this.#turn;
    this.#turn = (turn + 1) % this.answers.count;
    return turn;
  }
}

/** Encoded owner name: a pointer into the queried name, optionally preceded by labels. */
export type Owner = Buffer;

/** A pointer to the queried name without its first `skip` bytes. */
export function pointer(skip = 0): Owner {
  const owner = Buffer.allocUnsafe(2);
  owner.writeUInt16BE(0xc000 | (HEADER_BYTES + skip));
  return owner;
}

/** Prepends labels to an owner. */
export function below(labels: NameKey, parent: Owner): Owner {
  return Buffer.concat([Buffer.from(labels, 'latin1'), parent]);
}

export function record(owner: Owner, type: number, ttl: number, data: Uint8Array): Buffer {
  const fixed = Buffer.allocUnsafe(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

/** One row per record. */
export function rowsOf(records: readonly Buffer[]): Rows {
  return {
    bytes: Buffer.concat(records).toString('latin1'),
    count: records.length,
    ends: sums(records.map(({ length }) => length)),
    records: 1,
  };
}

/** One row per set. */
export function setsOf(sets: readonly (readonly Buffer[])[]): Rows {
  const rows = sets.filter(({ length }) => length > 0);
  return { ...rowsOf(rows.map((set) => Buffer.concat(set))), records: sums(rows.map(({ length }) => length)) };
}

/** Running sums; a single number if all are equal. */
function sums(numbers: readonly number[]): readonly number[] | number {
  const [first = 0] = numbers;
  if (numbers.every((number) => number === first)) return first;
  let sum = 0;
  return numbers.map((number) => {
    sum += number;
    return sum;
  });
}

/** @param addresses of 4 or 16 bytes, one character per byte. */
export function addressRecords(owner: Owner, family: 4 | 6, ttl: number, addresses: Iterable<string>): Buffer[] {
  const type = family === 4 ? TYPE.A : TYPE.AAAA;
  return Array.from(addresses, (address) => record(owner, type, ttl, Buffer.from(address, 'latin1')));
}

/** SRV data; the target is not compressed (RFC 2782). */
export function srvData(priority: number, weight: number, port: number, target: NameKey): Buffer {
  const fixed = Buffer.allocUnsafe(6);
  fixed.writeUInt16BE(priority, 0);
  fixed.writeUInt16BE(weight, 2);
  fixed.writeUInt16BE(port, 4);
  return Buffer.concat([fixed, nameBytes(target)]);
}

/** TXT or HINFO data; each text has at most 255 bytes. */
export function textData(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => Buffer.from(String.fromCharCode(text.length) + text, 'latin1')));
}

/** Times in seconds (RFC 1035, section 3.3.13). `minimum` limits the TTL of negative answers (RFC 2308). */
export interface Soa {
  readonly mname: NameKey;
  readonly rname: NameKey;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export function soaData(soa: Soa): Buffer {
  const numbers = Buffer.allocUnsafe(20);
  [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].forEach((value, i) => {
    numbers.writeUInt32BE(value, 4 * i);
  });
  return Buffer.concat([nameBytes(soa.mname), nameBytes(soa.rname), numbers]);
}
