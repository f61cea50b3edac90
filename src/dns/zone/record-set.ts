/**
 * Records as the bytes that go out. The name of the question stands at a known place in every response, so records are
 * written once, with pointers to it, and sent as they are.
 */
import { type NameKey, nameBytes } from '../wire/name.ts';
import { CLASS_IN, HEADER_BYTES, TYPE } from '../wire/protocol.ts';

/** Records one after the other, in rows that are sent whole or not at all: one record, or a set of them. */
export interface Rows {
  /** One character a byte: many of these are kept, and a Buffer takes some hundred bytes beside its own. */
  readonly bytes: string;
  readonly count: number;
  /** Where each row ends; where all are equally long, their length instead. */
  readonly ends: readonly number[] | number;
  /** How many records there are up to the end of each row; where all have as many, that number instead. */
  readonly records: readonly number[] | number;
}

/** Where a row ends, in bytes; 0 for the row before the first. */
export function endOf({ ends }: Rows, row: number): number {
  return upTo(ends, row);
}

/** How many records the first `rows` rows have. */
export function recordsOf({ records }: Rows, rows: number): number {
  return upTo(records, rows - 1);
}

function upTo(sums: readonly number[] | number, row: number): number {
  return typeof sums === 'number' ? sums * (row + 1) : (sums[row] ?? 0);
}

/** The records of one name and type, with what a client will ask for next. */
export class RecordSet {
  readonly answers: Rows;
  readonly additional: Rows | undefined;
  #turn = 0;

  constructor(answers: Rows, additional?: Rows) {
    this.answers = answers;
    this.additional = additional;
  }

  /** The record to begin with; another one each time, so that clients that take the first spread over all. */
  nextStart(): number {
    const turn = this.#turn;
    this.#turn = (turn + 1) % this.answers.count;
    return turn;
  }
}

/** An owner: a pointer into the name of the question, or labels that end in one. */
export type Owner = Buffer;

/** A pointer to the name of the question, or to what of it is left behind `skip` bytes. */
export function pointer(skip = 0): Owner {
  const owner = Buffer.allocUnsafe(2);
  owner.writeUInt16BE(0xc000 | (HEADER_BYTES + skip));
  return owner;
}

/** Labels in front of a pointer. */
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

/** Puts records together, a row each. */
export function rowsOf(records: readonly Buffer[]): Rows {
  return {
    bytes: Buffer.concat(records).toString('latin1'),
    count: records.length,
    ends: sums(records.map(({ length }) => length)),
    records: 1,
  };
}

/** Puts sets of records together, a row each. */
export function setsOf(sets: readonly (readonly Buffer[])[]): Rows {
  const rows = sets.filter(({ length }) => length > 0);
  return { ...rowsOf(rows.map((set) => Buffer.concat(set))), records: sums(rows.map(({ length }) => length)) };
}

/** The sum up to each number; where all are the same, that one instead. */
function sums(numbers: readonly number[]): readonly number[] | number {
  const [first = 0] = numbers;
  if (numbers.every((number) => number === first)) return first;
  let sum = 0;
  return numbers.map((number) => {
    sum += number;
    return sum;
  });
}

/** A or AAAA records of addresses given as bytes, one character each: 4 or 16 for an address. */
export function addressRecords(owner: Owner, family: 4 | 6, ttl: number, addresses: Iterable<string>): Buffer[] {
  const type = family === 4 ? TYPE.A : TYPE.AAAA;
  return Array.from(addresses, (address) => record(owner, type, ttl, Buffer.from(address, 'latin1')));
}

/** Data of an SRV record; the target is never compressed (RFC 2782). */
export function srvData(priority: number, weight: number, port: number, target: NameKey): Buffer {
  const fixed = Buffer.allocUnsafe(6);
  fixed.writeUInt16BE(priority, 0);
  fixed.writeUInt16BE(weight, 2);
  fixed.writeUInt16BE(port, 4);
  return Buffer.concat([fixed, nameBytes(target)]);
}

/** Data of a TXT or HINFO record: texts of up to 255 bytes. */
export function textData(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => Buffer.from(String.fromCharCode(text.length) + text, 'latin1')));
}

/** What an SOA record says; times in seconds (RFC 1035, section 3.3.13). `minimum` bounds negative answers (RFC 2308). */
export interface Soa {
  readonly mname: NameKey;
  readonly rname: NameKey;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** Data of an SOA record. */
export function soaData(soa: Soa): Buffer {
  const numbers = Buffer.allocUnsafe(20);
  [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].forEach((value, i) => {
    numbers.writeUInt32BE(value, 4 * i);
  });
  return Buffer.concat([nameBytes(soa.mname), nameBytes(soa.rname), numbers]);
}
