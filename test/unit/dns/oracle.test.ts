/** Packets of this codec, decoded by dns-packet, and the reverse. */
import packet from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsOf, nameText, parseName } from '../../../src/dns/wire/name.ts';
import { EDNS_UDP_BYTES, TYPE } from '../../../src/dns/wire/protocol.ts';
import { parseQuery } from '../../../src/dns/wire/query.ts';
import { encodeQuery, parseMessage, recordText } from '../../../src/dns/wire/wire-message.ts';
import { CASES } from '../../support/dns/cases.ts';
import { caseObjects, importedSlice, serviceImport } from '../../support/dns/objects.ts';
import { questionOf, ServedZone, ZONE } from '../../support/dns/served-zone.ts';

const label = fc.stringMatching(/^[a-z0-9_]([-a-z0-9]{0,20}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join('.'));

/** A decoded record in zone file format. */
function text(answer: packet.Answer): string {
  if (answer.type === 'OPT') return 'OPT';
  const { data } = answer as { data: unknown };
  const owner = `${answer.name}. ${'ttl' in answer ? answer.ttl : 0} IN ${answer.type}`;
  if (answer.type === 'SRV') {
    const { priority, weight, port, target } = answer.data;
    return `${owner} ${priority} ${weight} ${port} ${target}.`;
  }
  if (answer.type === 'SOA') {
    const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data;
    return `${owner} ${mname}. ${rname}. ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
  }
  if (answer.type === 'HINFO') return `${owner} "${answer.data.cpu}" "${answer.data.os}"`;
  if (answer.type === 'NS') return `${owner} ${String(data)}.`;
  if (answer.type === 'TXT') return `${owner} "${String(data)}"`;
  return `${owner} ${String(data)}`;
}

describe('queries', () => {
  it('of dns-packet are parsed correctly', () => {
    const types = fc.constantFrom('A', 'AAAA', 'SRV', 'TXT', 'SOA', 'NS', 'PTR', 'MX') as fc.Arbitrary<'A'>;
    fc.assert(
      fc.property(
        name,
        types,
        fc.nat(0xffff),
        fc.option(fc.integer({ min: 1, max: 0xffff })),
        (asked, type, id, size) => {
          const bytes = packet.encode({
            type: 'query',
            id,
            flags: packet.RECURSION_DESIRED,
            questions: [{ type, name: asked }],
            additionals:
              size === null
                ? []
                : [
                    {
                      type: 'OPT',
                      name: '.',
                      udpPayloadSize: size,
                      extendedRcode: 0,
                      ednsVersion: 0,
                      flags: 0,
                      flag_do: false,
                      options: [],
                    },
                  ],
          });
          expect(parseQuery(Buffer.from(bytes))).toMatchObject({
            kind: 'query',
            id,
            name: parseName(asked),
            type: TYPE[type as keyof typeof TYPE],
            class: 1,
            edns: size === null ? undefined : { size: Math.max(512, size), version: 0, dnssecOk: false },
          });
        },
      ),
    );
  });

  it('are decoded correctly by dns-packet', () => {
    fc.assert(
      fc.property(name, fc.nat(0xffff), fc.boolean(), (asked, id, edns) => {
        const bytes = encodeQuery({ id, name: parseName(asked), type: TYPE.AAAA, ...(edns && { udpBytes: 1400 }) });
        const decoded = packet.decode(bytes);
        expect(decoded).toMatchObject({ id, type: 'query', questions: [{ name: asked, type: 'AAAA', class: 'IN' }] });
        expect(decoded.additionals).toHaveLength(edns ? 1 : 0);
      }),
    );
  });

  it('keep their name in a round trip through key and text', () => {
    fc.assert(
      fc.property(name, (asked) => {
        expect(nameText(parseName(asked))).toBe(`${asked}.`);
        expect(labelsOf(parseName(asked)).join('.')).toBe(asked);
      }),
    );
  });
});

describe('answers', () => {
  const served = new ServedZone(caseObjects('shop'));

  it.each(CASES)('to $ask are decoded identically by dns-packet', ({ ask }) => {
    const bytes = served.responder.respond(questionOf(ask), '127.0.0.1', 'udp');
    if (!bytes) throw new Error('no answer');
    const parsed = parseMessage(bytes);
    const oracle = packet.decode(bytes);
    expect(oracle.answers?.map(text)).toEqual(parsed.answers.map(recordText));
    expect(oracle.authorities?.map(text)).toEqual(parsed.authority.map(recordText));
    expect(oracle.additionals?.map(text)).toEqual([...parsed.additional.map(recordText), 'OPT']);
    // No bytes are left over.
    expect(packet.decode.bytes).toBe(bytes.length);
  });

  it('have all endpoints of any Service, and TC is set if a datagram does not fit them', () => {
    const endpoint = fc.record({
      ip: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((tail) => `10.${tail.join('.')}`),
      host: fc.option(fc.stringMatching(/^[a-z]([-a-z0-9]{0,15}[a-z0-9])?$/), { nil: undefined }),
      ready: fc.option(fc.boolean(), { nil: undefined }),
    });
    const slices = fc.array(fc.array(endpoint, { maxLength: 60 }), { maxLength: 4 });
    fc.assert(
      fc.property(slices, fc.integer({ min: 512, max: 4096 }), (all, udpBytes) => {
        const port = { name: 'mysql', port: 3306 };
        const made = all.map((endpoints, i) =>
          importedSlice(
            'shop',
            'db',
            `c${i}`,
            endpoints.map(({ ip, host, ready }) => ({
              ip,
              ...(host && { host }),
              ...(ready !== undefined && { ready }),
            })),
            [port],
          ),
        );
        const { responder } = new ServedZone([serviceImport('shop', 'db', 'Headless', [port]), ...made]);
        const wanted = new Set(
          all.flatMap((endpoints) => endpoints.flatMap(({ ip, ready }) => (ready === false ? [] : [ip]))),
        );
        const tcp = responder.respond(questionOf('db.shop.svc A'), '127.0.0.1', 'tcp');
        const udp = responder.respond(questionOf('db.shop.svc A', udpBytes), '127.0.0.1', 'udp');
        if (!tcp || !udp) throw new Error('no answer');
        expect(
          packet
            .decode(tcp)
            .answers?.map((answer) => ('data' in answer ? answer.data : ''))
            .sort(),
        ).toEqual([...wanted].sort());
        const decoded = packet.decode(udp);
        expect(udp.length).toBeLessThanOrEqual(Math.min(udpBytes, EDNS_UDP_BYTES));
        expect(decoded.flag_tc).toBe((decoded.answers ?? []).length < wanted.size);
        expect(wanted).toEqual(
          new Set([...wanted, ...(decoded.answers ?? []).map((a) => ('data' in a ? a.data : ''))]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('preserve the case of the queried name', () => {
    const bytes = questionOf('web.shop.svc A');
    const odd = Buffer.from(bytes);
    odd.write('wEb', 13, 'latin1');
    odd.write('sHoP', 17, 'latin1');
    const answer = served.responder.respond(odd, '127.0.0.1', 'udp');
    if (!answer) throw new Error('no answer');
    const decoded = packet.decode(answer);
    expect(decoded.questions?.[0]?.name).toBe(`wEb.sHoP.svc.${ZONE}`);
    expect(decoded.answers?.map(({ name: owner }) => owner)).toEqual([`wEb.sHoP.svc.${ZONE}`]);
  });
});
