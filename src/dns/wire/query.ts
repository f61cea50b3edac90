/** Parses queries. Never throws, whatever the input. */
import { endOfPlainName, type NameKey, readName } from './name.ts';
import { DNSSEC_OK, FLAG, HEADER_BYTES, PLAIN_UDP_BYTES, RCODE, TYPE } from './protocol.ts';

/** EDNS options of a query (RFC 6891). */
export interface Edns {
  /** The client's maximum UDP payload in bytes, at least 512. */
  readonly size: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

export interface Query {
  readonly kind: 'query';
  readonly id: number;
  /** Second 16-bit word of the header. */
  readonly flags: number;
  readonly name: NameKey;
  readonly type: number;
  readonly class: number;
  /** Offset after the question section, which follows the header. */
  readonly questionEnd: number;
  readonly edns: Edns | undefined;
}

/** A packet to answer with a response code only. */
export interface RefusedQuery {
  readonly kind: 'refusal';
  readonly id: number;
  readonly flags: number;
  readonly rcode: typeof RCODE.FORMERR | typeof RCODE.NOTIMP | typeof RCODE.SERVFAIL;
}

/** Maximum size of a query. Names and the usual EDNS options take far less. */
export const MAX_QUERY_BYTES = 4096;

/** Bytes of a record between name and data: type, class, TTL, length. */
const RECORD_FIXED = 10;

/**
 * Returns undefined for a packet that must not be answered: a response, or less than a header. Anything but exactly one
 * question (RFC 9619), and wrong lengths or counts, are FORMERR. Any opcode but QUERY is NOTIMP, including dynamic
 * update (RFC 2136) and NOTIFY (RFC 1996).
 */
export function parseQuery(packet: Buffer): Query | RefusedQuery | undefined {
  if (packet.length < HEADER_BYTES) return undefined;
  const id = packet.readUInt16BE(0);
  const flags = packet.readUInt16BE(2);
  if (flags & FLAG.QR) return undefined;
  if (flags & FLAG.OPCODE) return { kind: 'refusal', id, flags, rcode: RCODE.NOTIMP };
  const malformed: RefusedQuery = { kind: 'refusal', id, flags, rcode: RCODE.FORMERR };
  if (packet.length > MAX_QUERY_BYTES || packet.readUInt16BE(4) !== 1) return malformed;

  // The first name cannot be compressed: no name precedes it.
  const nameEnd = endOfPlainName(packet, HEADER_BYTES);
  const questionEnd = nameEnd + 4;
  if (nameEnd < 0 || questionEnd > packet.length) return malformed;
  const type = packet.readUInt16BE(nameEnd);
  const edns = parseRecords(packet, questionEnd);
  if (edns === 'malformed' || type === TYPE.OPT) return malformed;
  return {
    kind: 'query',
    id,
    flags,
    name: packet.toString('latin1', HEADER_BYTES, nameEnd - 1).toLowerCase(),
    type,
    class: packet.readUInt16BE(nameEnd + 2),
    questionEnd,
    edns,
  };
}

/** Checks all records after the question up to the end of the packet, and returns the EDNS options of the OPT. */
function parseRecords(packet: Buffer, start: number): Edns | undefined | 'malformed' {
  const others = packet.readUInt16BE(6) + packet.readUInt16BE(8);
  const count = others + packet.readUInt16BE(10);
  let edns: Edns | undefined;
  let at = start;
  for (let i = 0; i < count; i++) {
    const name = readName(packet, at);
    if (!name || name.end + RECORD_FIXED > packet.length) return 'malformed';
    const data = name.end + RECORD_FIXED;
    const end = data + packet.readUInt16BE(name.end + 8);
    if (end > packet.length) return 'malformed';
    if (packet.readUInt16BE(name.end) === TYPE.OPT) {
      // At most one, owned by the root, in the additional section (RFC 6891, section 6.1.1).
      if (edns || name.key !== '' || i < others || !optionsFit(packet, data, end)) return 'malformed';
      edns = {
        size: Math.max(PLAIN_UDP_BYTES, packet.readUInt16BE(name.end + 2)),
        version: packet.readUInt8(name.end + 5),
        dnssecOk: (packet.readUInt16BE(name.end + 6) & DNSSEC_OK) !== 0,
      };
    }
    at = end;
  }
  return at === packet.length ? edns : 'malformed';
}

/** Whether the options fill the OPT exactly. Their contents are ignored (RFC 6891, section 6.1.2). */
function optionsFit(packet: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at + 4 <= end) at += 4 + packet.readUInt16BE(at + 2);
  return at === end;
}
