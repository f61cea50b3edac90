/** The client's side of the protocol, for `dns check` and tests: encodes queries and parses responses. */

import { addressText } from '../zone/zone-objects.ts';
import { type NameKey, nameBytes, nameText, readName } from './name.ts';
import { CLASS_IN, FLAG, HEADER_BYTES, TYPE, typeName } from './protocol.ts';

export interface Ask {
  readonly id: number;
  readonly name: NameKey;
  readonly type: number;
  /** Default: CLASS_IN. */
  readonly class?: number;
  /** Maximum UDP payload, sent with EDNS; absent: no EDNS. */
  readonly udpBytes?: number;
  readonly recursion?: boolean;
}

export function encodeQuery({ id, name, type, class: queryClass = CLASS_IN, udpBytes, recursion }: Ask): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(recursion ? FLAG.RD : 0, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(udpBytes === undefined ? 0 : 1, 10);
  const question = Buffer.alloc(4);
  question.writeUInt16BE(type, 0);
  question.writeUInt16BE(queryClass, 2);
  const opt = Buffer.alloc(udpBytes === undefined ? 0 : 11);
  if (udpBytes !== undefined) {
    opt.writeUInt16BE(TYPE.OPT, 1);
    opt.writeUInt16BE(udpBytes, 3);
  }
  return Buffer.concat([header, nameBytes(name), question, opt]);
}

/** Any record but OPT. */
export interface ResourceRecord {
  readonly name: NameKey;
  readonly type: number;
  readonly ttl: number;
  /** Data in zone file format. */
  readonly data: string;
}

export interface Message {
  readonly id: number;
  readonly flags: number;
  /** Includes the upper bits from EDNS. */
  readonly rcode: number;
  readonly question: { readonly name: NameKey; readonly type: number } | undefined;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** Maximum UDP payload of the sender; absent without EDNS. */
  readonly udpBytes?: number;
}

/** @throws RangeError if the message is malformed. */
export function parseMessage(bytes: Buffer): Message {
  const reader = new Reader(bytes);
  const [id, flags] = [reader.uint16(), reader.uint16()];
  const [questions, ...counts] = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()];
  let question: Message['question'];
  for (let i = 0; i < questions; i++) {
    question = { name: reader.name(), type: reader.uint16() };
    reader.uint16();
  }
  let upper = 0;
  let udpBytes: number | undefined;
  const [answers = [], authority = [], additional = []] = counts.map((count) => {
    const records: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) {
      const [name, type, size, ttl] = [reader.name(), reader.uint16(), reader.uint16(), reader.uint32()];
      const data = reader.data(type);
      if (type === TYPE.OPT) [upper, udpBytes] = [ttl >>> 24, size];
      else records.push({ name, type, ttl, data });
    }
    return records;
  });
  const rcode = (upper << 4) | (flags & FLAG.RCODE);
  return { id, flags, rcode, question, answers, authority, additional, ...(udpBytes !== undefined && { udpBytes }) };
}

/** Zone file format. */
export function recordText({ name, type, ttl, data }: ResourceRecord): string {
  return `${nameText(name)} ${ttl} IN ${typeName(type)} ${data}`;
}

/** A sequential reader. Reads past the end throw a RangeError, as Buffer's methods do. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  name(): NameKey {
    const read = readName(this.#bytes, this.#at);
    if (!read) throw new RangeError('malformed name');
    this.#at = read.end;
    return read.key;
  }

  data(type: number): string {
    const length = this.uint16();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('record longer than its message');
    const text = this.#known(type, end);
    this.#at = end;
    return text;
  }

  #known(type: number, end: number): string {
    const raw = this.#bytes.toString('latin1', this.#at, end);
    switch (type) {
      case TYPE.A:
      case TYPE.AAAA:
        if (raw.length !== (type === TYPE.A ? 4 : 16)) throw new RangeError(`address of ${raw.length} bytes`);
        return addressText(raw);
      case TYPE.NS:
      case TYPE.CNAME:
      case TYPE.PTR:
        return nameText(this.name());
      case TYPE.SRV:
        return `${this.uint16()} ${this.uint16()} ${this.uint16()} ${nameText(this.name())}`;
      case TYPE.SOA: {
        const names = [nameText(this.name()), nameText(this.name())];
        return [...names, ...Array.from({ length: 5 }, () => this.uint32())].join(' ');
      }
      case TYPE.TXT:
      case TYPE.HINFO:
        return this.#texts(end).join(' ');
      default:
        // RFC 3597, section 5.
        return `\\# ${raw.length} ${Buffer.from(raw, 'latin1').toString('hex')}`.trimEnd();
    }
  }

  #texts(end: number): string[] {
    const texts: string[] = [];
    while (this.#at < end) {
      const start = this.#at + 1;
      this.#at = start + this.#bytes.readUInt8(this.#at);
      if (this.#at > end) throw new RangeError('text longer than its record');
      texts.push(`"${this.#bytes.toString('latin1', start, this.#at)}"`);
    }
    return texts;
  }
}
