/** Puts a response together: the question as it came, in its own case, and records that were written before. */

import { endOf, type RecordSet, type Rows, recordsOf } from '../zone/record-set.ts';
import { DNSSEC_OK, EDNS_UDP_BYTES, FLAG, HEADER_BYTES, RCODE, type Rcode, TYPE } from './protocol.ts';
import type { Query, RefusedQuery } from './query.ts';

/** What a name and type come to. */
export interface Answer {
  readonly rcode: Rcode;
  /** Whether it comes from the zone; a refusal or failure does not. */
  readonly authoritative: boolean;
  readonly records?: RecordSet | undefined;
  /** The SOA record that a negative answer carries, one character a byte. */
  readonly authority?: string;
}

const OPT_BYTES = 11;

/** Flags of a response: what the client set and RFC 1035 and 4035 (section 3.1.6) have copied. */
function flagsOf(flags: number, rcode: number): number {
  return FLAG.QR | (flags & (FLAG.OPCODE | FLAG.RD | FLAG.CD)) | (rcode & FLAG.RCODE);
}

/** A response that is a header alone. */
export function refuse({ id, flags, rcode }: RefusedQuery): Buffer {
  const response = Buffer.alloc(HEADER_BYTES);
  response.writeUInt16BE(id, 0);
  response.writeUInt16BE(flagsOf(flags, rcode), 2);
  return response;
}

/** Rows that go into a response: those of a set from `start` on and around, as many as there is room for. */
interface Chosen {
  readonly rows: Rows;
  readonly start: number;
  readonly count: number;
  readonly bytes: number;
}

function choose(rows: Rows, start: number, room: number): Chosen {
  const { bytes, count: total } = rows;
  if (bytes.length <= room) return { rows, start, count: total, bytes: bytes.length };
  let [count, taken] = [0, 0];
  for (; count < total; count++) {
    const row = (start + count) % total;
    const size = endOf(rows, row) - endOf(rows, row - 1);
    if (taken + size > room) break;
    taken += size;
  }
  return { rows, start, count, bytes: taken };
}

/** Copies chosen rows to `at`. */
function copyRows({ rows, start, count }: Chosen, response: Buffer, at: number): void {
  const first = Math.min(count, rows.count - start);
  const from = endOf(rows, start - 1);
  const to = endOf(rows, start + first - 1);
  response.write(rows.bytes.slice(from, to), at, 'latin1');
  if (count > first) response.write(rows.bytes.slice(0, endOf(rows, count - first - 1)), at + to - from, 'latin1');
}

/**
 * The response to a question, of at most `limit` bytes. Records that do not fit are left out, and `truncate` says
 * whether the client is told so (TC) and comes back by TCP; additional sets are left out silently, each whole (RFC
 * 2181, section 9).
 */
export function respond(
  query: Query,
  packet: Buffer,
  answer: Answer,
  { limit, truncate }: { readonly limit: number; readonly truncate: boolean },
): Buffer {
  const { records, authority } = answer;
  const questionBytes = query.questionEnd - HEADER_BYTES;
  let room = limit - query.questionEnd - (query.edns ? OPT_BYTES : 0);
  const answers = records && choose(records.answers, records.nextStart(), room);
  room -= answers?.bytes ?? 0;
  const whole = !records || answers?.count === records.answers.count;
  const authorityBytes = authority && authority.length <= room ? authority.length : 0;
  const additional = whole && records?.additional ? choose(records.additional, 0, room) : undefined;

  const length =
    query.questionEnd +
    (answers?.bytes ?? 0) +
    authorityBytes +
    (additional?.bytes ?? 0) +
    (query.edns ? OPT_BYTES : 0);
  const response = Buffer.allocUnsafe(length);
  const flags =
    flagsOf(query.flags, answer.rcode) | (answer.authoritative ? FLAG.AA : 0) | (truncate && !whole ? FLAG.TC : 0);
  response.writeUInt16BE(query.id, 0);
  response.writeUInt16BE(flags, 2);
  response.writeUInt16BE(1, 4);
  response.writeUInt16BE(answers?.count ?? 0, 6);
  response.writeUInt16BE(authorityBytes > 0 ? 1 : 0, 8);
  const additionalRecords = additional ? recordsOf(additional.rows, additional.count) : 0;
  response.writeUInt16BE(additionalRecords + (query.edns ? 1 : 0), 10);
  let at = HEADER_BYTES + packet.copy(response, HEADER_BYTES, HEADER_BYTES, HEADER_BYTES + questionBytes);
  if (answers) copyRows(answers, response, at);
  at += answers?.bytes ?? 0;
  if (authority && authorityBytes > 0) at += response.write(authority, at, 'latin1');
  if (additional) copyRows(additional, response, at);
  at += additional?.bytes ?? 0;
  if (query.edns) writeOpt(response, at, answer.rcode, query.edns.dnssecOk);
  return response;
}

/** The response that says nothing but `come back by TCP`. */
export function truncated(query: Query, packet: Buffer): Buffer {
  const empty: Answer = { rcode: RCODE.NOERROR, authoritative: true };
  const response = respond(query, packet, empty, { limit: EDNS_UDP_BYTES, truncate: false });
  response.writeUInt16BE(response.readUInt16BE(2) | FLAG.TC, 2);
  return response;
}

/** Our OPT: what we take and send by UDP, the upper bits of the response code, version 0, and DO as it came. */
function writeOpt(response: Buffer, at: number, rcode: number, dnssecOk: boolean): void {
  response.writeUInt8(0, at);
  response.writeUInt16BE(TYPE.OPT, at + 1);
  response.writeUInt16BE(EDNS_UDP_BYTES, at + 3);
  response.writeUInt8(rcode >> 4, at + 5);
  response.writeUInt8(0, at + 6);
  response.writeUInt16BE(dnssecOk ? DNSSEC_OK : 0, at + 7);
  response.writeUInt16BE(0, at + 9);
}
