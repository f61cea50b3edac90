import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { parseName } from '../../../../src/dns/wire/name.ts';
import { FLAG, RCODE, TYPE } from '../../../../src/dns/wire/protocol.ts';
import { Zone } from '../../../../src/dns/zone/zone.ts';
import { caseObjects, importedSlice, serviceImport } from '../../../support/dns/objects.ts';
import { questionOf, ServedZone, shown, ZONE } from '../../../support/dns/served-zone.ts';

const MYSQL = { name: 'mysql', port: 3306 };
const db = serviceImport('shop', 'db', 'Headless', [MYSQL]);
const east = (...ips: string[]) =>
  importedSlice(
    'shop',
    'db',
    'east',
    ips.map((ip) => ({ ip })),
    [MYSQL],
  );
const west = (...ips: string[]) =>
  importedSlice(
    'shop',
    'db',
    'west',
    ips.map((ip) => ({ ip })),
    [MYSQL],
  );

function addresses(served: ServedZone, name = 'db.shop.svc'): string[] {
  return served
    .ask(`${name} A`)
    .answers.map(({ data }) => data)
    .sort();
}

describe('the zone follows its objects', () => {
  it('as they are added, changed and deleted, in any order', () => {
    const served = new ServedZone();
    expect(served.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    served.apply(east('10.1.0.1'));
    expect(served.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    served.apply(db);
    expect(addresses(served)).toEqual(['10.1.0.1']);
    served.apply(west('10.2.0.1', '10.2.0.2'));
    expect(addresses(served)).toEqual(['10.1.0.1', '10.2.0.1', '10.2.0.2']);
    served.apply(west('10.2.0.2'));
    expect(addresses(served)).toEqual(['10.1.0.1', '10.2.0.2']);
    expect(served.ask('10-2-0-1.west.db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    served.remove(east());
    expect(addresses(served)).toEqual(['10.2.0.2']);
    served.remove(db);
    expect(served.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    expect(served.ask('shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    expect(served.zone.services).toBe(0);
    served.apply(db);
    expect(addresses(served)).toEqual(['10.2.0.2']);
  });

  it('rule 30: without the names of an import that is being deleted, until it is created again', () => {
    const web = serviceImport('shop', 'web', 'ClusterSetIP', [{ name: 'http', port: 80 }], ['10.0.0.1']);
    const going = (object: JsonObject) => ({
      ...object,
      metadata: { ...Object(object.metadata), deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] },
    });
    const served = new ServedZone([web, db, east('10.1.0.1')]);
    for (const object of [web, db]) served.apply(going(object));
    for (const name of ['web', 'db']) expect(served.ask(`${name}.shop.svc A`).rcode).toBe(RCODE.NXDOMAIN);
    expect(served.ask('_http._tcp.web.shop.svc SRV').rcode).toBe(RCODE.NXDOMAIN);
    served.apply(web);
    expect(addresses(served, 'web.shop.svc')).toEqual(['10.0.0.1']);
  });

  it('from headless to a clusterset IP and back', () => {
    const served = new ServedZone([db, east('10.1.0.1')]);
    expect(addresses(served)).toEqual(['10.1.0.1']);
    served.apply(serviceImport('shop', 'db', 'ClusterSetIP', [MYSQL], ['10.97.0.1']));
    expect(addresses(served)).toEqual(['10.97.0.1']);
    expect(served.ask('10-1-0-1.east.db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    served.apply(db);
    expect(addresses(served)).toEqual(['10.1.0.1']);
  });

  it('to the Service in the current label of a slice', () => {
    const served = new ServedZone([db, serviceImport('shop', 'cache', 'Headless', [MYSQL]), east('10.1.0.1')]);
    expect(addresses(served)).toEqual(['10.1.0.1']);
    const moved = importedSlice('shop', 'cache', 'east', [{ ip: '10.1.0.1' }], [MYSQL], 'db-east');
    served.apply(moved);
    expect(served.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    expect(addresses(served, 'cache.shop.svc')).toEqual(['10.1.0.1']);
  });

  it('and increments the serial with each change', () => {
    const served = new ServedZone([db]);
    const serial = () => served.ask('@ SOA').answers[0]?.data.split(' ')[2];
    const before = serial();
    expect(serial()).toBe(before);
    served.apply(east('10.1.0.1'));
    expect(serial()).not.toBe(before);
  });

  it('and evicts only the answers of the Service that changed', () => {
    const served = new ServedZone([...caseObjects('shop'), db, east('10.1.0.1')]);
    const answer = (name: string) => served.zone.answer(parseName(`${name}.shop.svc.${ZONE}`), TYPE.A);
    const [web, kafka, before] = [answer('web'), answer('kafka'), answer('db')];
    served.apply(east('10.1.0.1', '10.1.0.9'), importedSlice('shop', 'web', 'east', [{ ip: '10.1.0.77' }], []));
    expect(answer('web')).toBe(web);
    expect(answer('kafka')).toBe(kafka);
    expect(answer('db')).not.toBe(before);
    expect(answer('db')).toBe(answer('db'));
  });

  it('without caching names that do not exist', () => {
    const served = new ServedZone(caseObjects('shop'));
    for (let i = 0; i < 1000; i++) served.ask(`x${i}.shop.svc A`);
    for (let i = 0; i < 1000; i++) served.ask(`x${i}.east.db.shop.svc A`);
    expect(served.zone.names).toBe(0);
    for (const type of ['A', 'AAAA', 'SRV']) served.ask(`db.shop.svc ${type}`);
    for (let i = 1000; i < 2000; i++) served.ask(`db.shop.svc TYPE${i}`);
    expect(served.zone.names).toBe(1);
  });

  it('after a negative answer, too', () => {
    const none = serviceImport('shop', 'db', 'Headless', [MYSQL]);
    // A namespace named svc, so that the Service's name has the form of another namespace's name.
    const served = new ServedZone([
      none,
      east('10.1.0.1'),
      serviceImport('svc', 'shop', 'ClusterSetIP', [MYSQL], ['10.97.0.1']),
    ]);
    const rcodes = () => ['db.shop.svc AAAA', 'shop.svc A'].map((question) => served.ask(question).rcode);
    expect(rcodes()).toEqual([RCODE.NOERROR, RCODE.NOERROR]);
    served.apply(importedSlice('shop', 'db', 'six', [{ ip: 'fd00:10:1::5' }], [MYSQL]));
    expect(served.ask('db.shop.svc AAAA').answers.map(({ data }) => data)).toEqual(['fd00:10:1::5']);
    served.remove(none);
    expect(rcodes()).toEqual([RCODE.NXDOMAIN, RCODE.NXDOMAIN]);
  });
});

describe('unusual objects', () => {
  const answersOf = (...objects: JsonObject[]) => {
    const served = new ServedZone([db, ...objects]);
    return {
      a: addresses(served),
      srv: served.ask('db.shop.svc SRV').answers.map(({ data }) => data),
      rcode: served.ask('db.shop.svc A').rcode,
    };
  };

  it('ignore what is not an address of the slice’s family', () => {
    const odd = { ...east('10.1.0.1', '10.1.0.256', 'fd00::1', 'a.b', '10.1.0.01.2', ''), addressType: 'IPv4' };
    expect(answersOf(odd).a).toEqual(['10.1.0.1']);
  });

  it('have no addresses from FQDN slices', () => {
    expect(answersOf({ ...east('db.example.com'), addressType: 'FQDN' }).rcode).toBe(RCODE.NXDOMAIN);
  });

  it('have no names for endpoints of a cluster whose name is not a label', () => {
    const { a, srv } = answersOf(importedSlice('shop', 'db', 'a.b', [{ ip: '10.1.0.1' }], [MYSQL], 'db-ab'));
    expect({ a, srv }).toEqual({ a: ['10.1.0.1'], srv: [] });
  });

  it('have no name longer than 255 bytes, and no SRV target either', () => {
    const long = 'x'.repeat(63);
    const slice = importedSlice('shop', long, long, [{ ip: '10.1.0.1', host: long }], [MYSQL], 'long');
    const served = new ServedZone([serviceImport('shop', long, 'Headless', [MYSQL]), slice]);
    expect(addresses(served, `${long}.shop.svc`)).toEqual(['10.1.0.1']);
    expect(served.ask(`${long}.shop.svc SRV`).answers).toHaveLength(1);
    const ns = 'n'.repeat(63);
    const far = new ServedZone([
      serviceImport(ns, long, 'Headless', [MYSQL]),
      importedSlice(ns, long, long, [{ ip: '10.1.0.1', host: long }], [MYSQL], 'long'),
    ]);
    expect(addresses(far, `${long}.${ns}.svc`)).toEqual(['10.1.0.1']);
    expect(shown(far.ask(`${long}.${ns}.svc SRV`))).toEqual({ rcode: 'NOERROR', answers: [] });
  });

  it('have no SRV record for a port whose name fills a label, or that has no number', () => {
    const served = new ServedZone([
      serviceImport('shop', 'db', 'ClusterSetIP', [{ name: 'p'.repeat(63), port: 1 }], ['10.97.0.1']),
    ]);
    expect(served.ask('db.shop.svc SRV').answers).toEqual([]);
    const every = { ...east('10.1.0.1'), ports: [{ name: 'every', protocol: 'TCP' }] };
    expect(answersOf(every).srv).toEqual([]);
  });

  it('return an address once that an import lists twice', () => {
    const ips = ['10.97.0.1', 'fd00:97::1', '10.97.0.1', 'fd00:97:0::1'];
    const served = new ServedZone([serviceImport('shop', 'db', 'ClusterSetIP', [MYSQL], ips)]);
    expect(addresses(served)).toEqual(['10.97.0.1']);
    expect(served.ask('db.shop.svc AAAA').answers.map(({ data }) => data)).toEqual(['fd00:97::1']);
  });

  it('return all addresses of an endpoint; endpoints without conditions are ready', () => {
    const slice = importedSlice('shop', 'db', 'east', [{ ip: ['10.1.0.1', '10.1.0.2'], host: 'db-0' }], [MYSQL]);
    const served = new ServedZone([db, slice]);
    expect(addresses(served, 'db-0.east.db.shop.svc')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  it('are ignored if the name of an import is not a single label', () => {
    const served = new ServedZone([serviceImport('shop', 'a.b', 'ClusterSetIP', [], ['10.97.0.1'])]);
    expect(served.zone.services).toBe(0);
  });
});

describe('answers', () => {
  it('rotate, so that each record comes first equally often', () => {
    const ips = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];
    const served = new ServedZone([db, east(...ips)]);
    const firsts = Array.from({ length: 6 }, () => {
      // Clients ask for both families one after the other.
      served.ask('db.shop.svc AAAA');
      return served.ask('db.shop.svc A').answers[0]?.data;
    });
    expect(firsts).toEqual([...ips, ...ips]);
  });

  it('too long for a datagram are truncated, have TC, and rotate through all endpoints', () => {
    const ips = Array.from({ length: 200 }, (_, i) => `10.1.1.${i}`);
    const served = new ServedZone([db, east(...ips)]);
    const plain = served.ask('db.shop.svc A', { udpBytes: 0 });
    expect(plain.flags & FLAG.TC).toBe(FLAG.TC);
    expect(plain.answers).toHaveLength(29);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) for (const { data } of served.ask('db.shop.svc A').answers) seen.add(data);
    expect(seen.size).toBe(200);
  });

  it('drop additional records before they are truncated', () => {
    const served = new ServedZone([db, east('10.1.0.1', '10.1.0.2', '10.1.0.3')]);
    const { answers, additional, flags } = served.ask('_mysql._tcp.db.shop.svc SRV', { udpBytes: 0 });
    expect([answers.length, additional.length, flags & FLAG.TC]).toEqual([3, 3, 0]);
    const many = new ServedZone([db, east(...Array.from({ length: 5 }, (_, i) => `10.1.0.${i}`))]);
    const cut = many.ask('_mysql._tcp.db.shop.svc SRV', { udpBytes: 0 });
    expect([cut.answers.length, cut.flags & FLAG.TC]).toEqual([5, 0]);
    expect(cut.additional.length).toBeLessThan(5);
  });

  it('drop additional sets as a whole, so that clients do not take a part for the set', () => {
    const endpoint = { ip: Array.from({ length: 20 }, (_, i) => `10.1.0.${i}`), host: 'db-0' };
    const served = new ServedZone([db, importedSlice('shop', 'db', 'east', [endpoint], [MYSQL])]);
    const whole = served.ask('_mysql._tcp.db.shop.svc SRV');
    expect([whole.answers.length, whole.additional.length]).toEqual([1, 20]);
    const cut = served.ask('_mysql._tcp.db.shop.svc SRV', { udpBytes: 0 });
    expect([cut.answers.length, cut.additional.length, cut.flags & FLAG.TC]).toEqual([1, 0, 0]);
  });

  it('over TCP have what fits into 65535 bytes, rotate, and do not have TC', () => {
    const slices = Array.from({ length: 50 }, (_, s) =>
      importedSlice(
        'shop',
        'db',
        'east',
        Array.from({ length: 100 }, (_, i) => ({ ip: `10.1.${s}.${i}` })),
        [],
        `db-${s}`,
      ),
    );
    const { responder } = new ServedZone([db, ...slices]);
    const response = responder.respond(questionOf('db.shop.svc A'), '127.0.0.1', 'tcp');
    expect(response?.length).toBeLessThanOrEqual(65_535);
    expect(response?.readUInt16BE(6)).toBe(Math.floor((65_535 - 12 - 34 - 11) / 16));
    expect((response?.readUInt16BE(2) ?? 0) & FLAG.TC).toBe(0);
  });

  it('are SERVFAIL while the zone is not current, and still REFUSED outside the zone', () => {
    const served = new ServedZone(caseObjects('shop'));
    served.current = false;
    for (const ask of ['web.shop.svc A', 'gone.shop.svc A', '@ SOA', 'dns-version TXT'])
      expect(served.ask(ask).rcode).toBe(RCODE.SERVFAIL);
    expect(served.ask('example.com. A').rcode).toBe(RCODE.REFUSED);
    served.current = true;
    expect(served.ask('web.shop.svc A').rcode).toBe(RCODE.NOERROR);
  });

  it('at the apex are SOA and NS', () => {
    const served = new ServedZone();
    expect(served.ask('@ SOA').answers.map(({ ttl }) => ttl)).toEqual([5]);
    expect(served.ask('@ NS').answers.map(({ data }) => data)).toEqual(['ns.dns.clusterset.local.']);
    expect(shown(served.ask('@ A'))).toEqual({ rcode: 'NOERROR', answers: [] });
    for (const name of ['ns.dns', 'dns', 'svc']) expect(served.ask(`${name} A`).rcode).toBe(RCODE.NOERROR);
  });
});

describe('Zone', () => {
  it('supports any domain and TTL', () => {
    const zone = new Zone({ zone: 'Mesh.Example.org.', ttl: 30 });
    expect(zone.answer(parseName('svc.mesh.example.org'), TYPE.A).rcode).toBe(RCODE.NOERROR);
    expect(zone.answer(parseName('svc.clusterset.local'), TYPE.A).rcode).toBe(RCODE.REFUSED);
    expect(() => new Zone({ zone: 'a..b', ttl: 5 })).toThrow(RangeError);
  });

  it('rejects a domain that leaves no room for the names below it', () => {
    const long = (last: number) => [63, 63, 63, last].map((length) => 'z'.repeat(length)).join('.');
    const soa = new Zone({ zone: long(49), ttl: 5 }).answer(parseName(long(49)), TYPE.SOA);
    expect(soa.rcode).toBe(RCODE.NOERROR);
    expect(() => new Zone({ zone: long(50), ttl: 5 })).toThrow(RangeError);
  });
});
