import { describe, expect, it } from 'vitest';
import { keyOf, parseName, readName } from '../../../../src/dns/wire/name.ts';
import { FLAG, RCODE } from '../../../../src/dns/wire/protocol.ts';
import { MAX_QUERY_BYTES, parseQuery } from '../../../../src/dns/wire/query.ts';
import { caseObjects } from '../../../support/dns/objects.ts';
import { questionOf, ServedZone } from '../../../support/dns/served-zone.ts';

const served = new ServedZone(caseObjects('shop'));
const PLAIN = questionOf('web.shop.svc A', 0, 0xbeef);
const EDNS = questionOf('web.shop.svc A', 4096, 0xbeef);
const OPT = EDNS.subarray(PLAIN.length);

/** A copy with some 16-bit words set. */
function patched(packet: Buffer, words: Readonly<Record<number, number>>): Buffer {
  const copy = Buffer.from(packet);
  for (const [offset, value] of Object.entries(words)) copy.writeUInt16BE(value, Number(offset));
  return copy;
}

function answer(packet: Buffer) {
  const response = served.responder.respond(packet, '127.0.0.1', 'udp');
  if (!response) return undefined;
  const flags = response.readUInt16BE(2);
  return { id: response.readUInt16BE(0), rcode: flags & FLAG.RCODE, flags, response };
}

describe('a packet gets no response', () => {
  it.each([
    ['empty', Buffer.alloc(0)],
    ['shorter than a header', PLAIN.subarray(0, 11)],
    ['a response', patched(PLAIN, { 2: FLAG.QR })],
    ['a response with several questions', patched(PLAIN, { 2: FLAG.QR, 4: 2 })],
  ])('%s', (_, packet) => {
    expect(answer(packet)).toBeUndefined();
  });
});

describe('rule 27: FORMERR, header only', () => {
  it.each<[string, Buffer]>([
    ['no question', patched(PLAIN, { 4: 0 })],
    ['two questions (RFC 9619)', patched(Buffer.concat([PLAIN, PLAIN.subarray(12)]), { 4: 2 })],
    ['65535 questions', patched(PLAIN, { 4: 0xffff })],
    ['only a header', PLAIN.subarray(0, 12)],
    ['a truncated question', PLAIN.subarray(0, -1)],
    ['a truncated name', PLAIN.subarray(0, 20)],
    ['a compressed name', Buffer.concat([PLAIN.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])],
    ['a name that points into the header', Buffer.concat([PLAIN.subarray(0, 12), Buffer.from([0xc0, 0, 0, 1, 0, 1])])],
    [
      'a label of 64 bytes',
      Buffer.concat([PLAIN.subarray(0, 12), Buffer.from([64]), Buffer.alloc(64, 97), Buffer.from([0, 0, 1, 0, 1])]),
    ],
    ['a label of type 0x80', Buffer.concat([PLAIN.subarray(0, 12), Buffer.from([0x81, 97, 0, 0, 1, 0, 1])])],
    ['a name of 256 bytes', nameOf(63, 63, 63, 62)],
    ['trailing bytes', Buffer.concat([PLAIN, Buffer.from([0])])],
    ['a missing record', patched(PLAIN, { 10: 1 })],
    ['counts far beyond the packet', patched(PLAIN, { 6: 0xffff, 8: 0xffff, 10: 0xffff })],
    ['two OPT records', patched(Buffer.concat([EDNS, OPT]), { 10: 2 })],
    ['an OPT that is not at the root', patched(Buffer.concat([PLAIN, Buffer.from([1, 97]), OPT]), { 10: 1 })],
    ['an OPT among the answers', patched(EDNS, { 6: 1, 10: 0 })],
    ['an OPT longer than the packet', patched(EDNS, { [EDNS.length - 2]: 5 })],
    [
      'an option longer than its OPT',
      patched(Buffer.concat([EDNS, Buffer.from([0, 10, 0, 9])]), { [EDNS.length - 2]: 4 }),
    ],
    ['a record whose name points to itself', patched(Buffer.concat([PLAIN, loop(PLAIN.length)]), { 10: 1 })],
    ['a record whose name points forward', patched(Buffer.concat([PLAIN, loop(PLAIN.length + 2)]), { 10: 1 })],
    ['query type OPT', patched(PLAIN, { [PLAIN.length - 4]: 41 })],
    [
      'more than 4096 bytes',
      patched(Buffer.concat([EDNS, Buffer.alloc(MAX_QUERY_BYTES)]), { [EDNS.length - 2]: MAX_QUERY_BYTES }),
    ],
  ])('%s', (_, packet) => {
    const got = answer(packet);
    expect(got).toMatchObject({ id: 0xbeef, rcode: RCODE.FORMERR });
    expect(got?.response).toHaveLength(12);
    expect([4, 6, 8, 10].map((offset) => got?.response.readUInt16BE(offset))).toEqual([0, 0, 0, 0]);
  });
});

/** A record without data, whose name is a pointer. */
function loop(target: number): Buffer {
  return Buffer.from([0xc0 | (target >> 8), target & 0xff, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0]);
}

/** A query for a name with labels of these lengths. */
function nameOf(...lengths: readonly number[]): Buffer {
  const labels = lengths.map((length) => Buffer.concat([Buffer.from([length]), Buffer.alloc(length, 97)]));
  return Buffer.concat([PLAIN.subarray(0, 12), ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

describe('NOTIMP', () => {
  it.each([
    ['inverse query', 1],
    ['status', 2],
    ['NOTIFY', 4],
    ['dynamic update', 5],
    ['an unassigned opcode', 15],
  ])('%s', (_, opcode) => {
    const got = answer(patched(PLAIN, { 2: opcode << 11 }));
    expect(got).toMatchObject({ id: 0xbeef, rcode: RCODE.NOTIMP });
    expect(((got?.flags ?? 0) & FLAG.OPCODE) >> 11).toBe(opcode);
  });
});

describe('a query', () => {
  it('for a name of maximum length is answered', () => {
    expect(answer(nameOf(63, 63, 63, 61))?.rcode).toBe(RCODE.REFUSED);
  });

  it.each([
    ['another domain', 'example.com. A'],
    ['a domain with a common suffix', 'xclusterset.local. A'],
    ['the parent', 'local. A'],
    ['the root', '. A'],
    ['a reverse lookup', '10.0.97.10.in-addr.arpa. PTR'],
  ])('for %s is refused', (_, ask) => {
    const message = served.ask(ask);
    expect(message).toMatchObject({ rcode: RCODE.REFUSED, answers: [], authority: [] });
    expect(message.flags & FLAG.AA).toBe(0);
  });

  it('for a label that contains the bytes of the zone is refused', () => {
    const inside = keyOf([`a${parseName('clusterset.local')}`]);
    const packet = Buffer.concat([
      PLAIN.subarray(0, 12),
      Buffer.from(`${inside}\0`, 'latin1'),
      Buffer.from([0, 1, 0, 1]),
    ]);
    expect(answer(packet)?.rcode).toBe(RCODE.REFUSED);
  });

  it.each([
    ['CHAOS', 3],
    ['HESIOD', 4],
    ['NONE', 254],
    ['ANY', 255],
    ['an unassigned one', 4711],
  ])('of class %s is refused', (_, code) => {
    expect(answer(patched(PLAIN, { [PLAIN.length - 2]: code }))?.rcode).toBe(RCODE.REFUSED);
  });

  it('with recursion desired gets RD copied and RA not set', () => {
    const flags = answer(patched(PLAIN, { 2: FLAG.RD | FLAG.CD }))?.flags ?? 0;
    expect(flags).toBe(FLAG.QR | FLAG.AA | FLAG.RD | FLAG.CD);
  });

  it('does not get its reserved bits back', () => {
    expect(answer(patched(PLAIN, { 2: 0x0660 }))?.flags).toBe(FLAG.QR | FLAG.AA);
  });

  it('gets EDNS back if, and only if, it has EDNS', () => {
    expect(served.ask('web.shop.svc A', { udpBytes: 0 }).udpBytes).toBeUndefined();
    expect(served.ask('web.shop.svc A', { udpBytes: 4096 }).udpBytes).toBe(1232);
    const wantsDnssec = patched(EDNS, { [EDNS.length - 4]: 0x8000 });
    expect(answer(wantsDnssec)?.response.readUInt16BE((answer(wantsDnssec)?.response.length ?? 0) - 4)).toBe(0x8000);
  });

  it('with a later EDNS version gets BADVERS and version 0', () => {
    const message = served.responder.respond(patched(EDNS, { [EDNS.length - 6]: 0x0001 }), '127.0.0.1', 'udp');
    expect(message?.readUInt16BE(2)).toBe(FLAG.QR);
    expect(message?.readUInt32BE(message.length - 6)).toBe(0x01000000);
    expect(message?.readUInt16BE(6)).toBe(0);
  });

  it('may have unknown options and records', () => {
    const option = Buffer.from([0, 10, 0, 2, 1, 2]);
    const packet = patched(Buffer.concat([EDNS, option]), { [EDNS.length - 2]: option.length });
    expect(answer(packet)?.rcode).toBe(RCODE.NOERROR);
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
    expect(answer(patched(Buffer.concat([PLAIN, record]), { 10: 1 }))?.rcode).toBe(RCODE.NOERROR);
  });
});

describe('readName', () => {
  it('follows pointers backwards, and returns the end of the name', () => {
    const bytes = Buffer.from('\x03com\0\x07example\xc0\0\x03www\xc0\x05', 'latin1');
    expect(readName(bytes, 15)).toEqual({ key: parseName('www.example.com'), end: 21 });
  });

  it('rejects a long chain of pointers', () => {
    const chain = Buffer.alloc(1000);
    for (let at = 2; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | (at - 2), at);
    expect(readName(chain, 200)).toEqual({ key: '', end: 202 });
    expect(readName(chain, 998)).toBeUndefined();
  });

  it('rejects names that exceed the maximum length through pointers', () => {
    const label = `\x3f${'a'.repeat(63)}`;
    const bytes = Buffer.from(`${label}${label}${label}\0\x3f${'b'.repeat(63)}\xc0\0`, 'latin1');
    expect(readName(bytes, 0)?.end).toBe(193);
    expect(readName(bytes, 193)).toBeUndefined();
  });
});

describe('parseQuery', () => {
  it('returns the name in lower case, whatever its bytes', () => {
    const odd = Buffer.from(PLAIN);
    odd[13] = 0xc4;
    odd[14] = 0x45;
    const query = parseQuery(odd);
    if (query?.kind !== 'query') throw new Error('not a query');
    expect(query.name.slice(0, 4)).toBe('\x03\xe4eb');
    expect(answer(odd)?.rcode).toBe(RCODE.NXDOMAIN);
  });
});
