/** Builds responses from the original question, in its own case, and pre-encoded records. */

import { endOf, type RecordSet, type Rows, recordsOf } from '../zone/record-set.ts';
import { DNSSEC_OK, EDNS_UDP_BYTES, FLAG, HEADER_BYTES, RCODE, type Rcode, TYPE } from './protocol.ts';
import type { Query, RefusedQuery } from './query.ts';

export interface Answer {
  readonly rcode: Rcode;
  /** Sets AA: the answer is from the zone, not a refusal or failure. */
  readonly authoritative: boolean;
  readonly records?: RecordSet | undefined;
  /** The SOA record of a negative answer, one character per byte. */
  readonly authority?: string;
}

const OPT_BYTES = 11;

/** Copies the client's opcode, RD (RFC 1035) and CD (RFC 4035, section 3.1.6). */
function flagsOf(flags: number, rcode: number): number {
  return FLAG.QR | (flags & (FLAG.OPCODE | FLAG.RD | FLAG.CD)) | (rcode & FLAG.RCODE);
}

/** A response of only a header. */
export function refuse({ id, flags, rcode }: RefusedQuery): Buffer {
  const response = Buffer.alloc(HEADER_BYTES);
  response.writeUInt16BE(id, 0);
  response.writeUInt16BE(flagsOf(flags, rcode), 2);
  return response;
}

/** The rows that fit into a response, from `start` and wrapping around. */
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

function copyRows({ rows, start, count }: Chosen, response: Buffer, at: number): void {
  const first = Math.min(count, rows.count - start);
  const from = endOf(rows, start - 1);
  const to = endOf(rows, start + first - 1);
  response.write(rows.bytes.slice(from, to), at, 'latin1');
  if (count > first) response.write(rows.bytes.slice(0, endOf(rows, count - first - 1)), at + to - from, 'latin1');
}

/**
 * A response of at most `limit` bytes. If answers do not fit, `truncate` sets TC, so that the client retries over TCP.
 * Additional records are dropped silently, as whole sets (RFC 2181, section 9).
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
  const complete = !records || answers?.count === records.answers.count;
  const authorityBytes = authority && authority.length <= room ? authority.length : 0;
  const additional = complete && records?.additional ? choose(records.additional, 0, room) : undefined;

  const length =
    query.questionEnd +
    (answers?.bytes ?? 0) +
    authorityBytes +
    (additional?.bytes ?? 0) +
    (query.edns ? OPT_BYTES : 0);
  const response = Buffer.allocUnsafe(length);
  const flags =
    flagsOf(query.flags, answer.rcode) | (answer.authoritative ? FLAG.AA : 0) | (truncate && !complete ? FLAG.TC : 0);
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

/** An empty response with TC, which redirects the client to TCP. */
export function truncated(query: Query, packet: Buffer): Buffer {
  const empty: Answer = { rcode: RCODE.NOERROR, authoritative: true };
  const response = respond(query, packet, empty, { limit: EDNS_UDP_BYTES, truncate: false });
  response.writeUInt16BE(response.readUInt16BE(2) | FLAG.TC, 2);
  return response;
}

/** OPT record: maximum UDP payload, upper bits of the response code, version 0, and the client's DO bit. */
function writeOpt(response: Buffer, at: number, rcode: number, dnssecOk: boolean): void {
  response.writeUInt8(0, at);
  response.writeUInt16BE(TYPE.OPT, at + 1);
  response.writeUInt16BE(EDNS_UDP_BYTES, at + 3);
  response.writeUInt8(rcode >> 4, at + 5);
  response.writeUInt8(0, at + 6);
  response.writeUInt16BE(dnssecOk ? DNSSEC_OK : 0, at + 7);
  response.writeUInt16BE(0, at + 9);
}
