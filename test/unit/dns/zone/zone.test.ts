import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { parseName } from '../../../../src/dns/wire/name.ts';
import { FLAG, RCODE, TYPE } from '../../../../src/dns/wire/protocol.ts';
import { Zone } from '../../../../src/dns/zone/zone.ts';
import { caseObjects, importedSlice, serviceImport } from '../objects.ts';
import { questionOf, shown, World, ZONE } from '../world.ts';

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

function addresses(world: World, name = 'db.shop.svc'): string[] {
  return world
    .ask(`${name} A`)
    .answers.map(({ data }) => data)
    .sort();
}

describe('the zone follows its objects', () => {
  it('as they come, change and go, in any order', () => {
    const world = new World();
    expect(world.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    world.apply(east('10.1.0.1'));
    expect(world.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    world.apply(db);
    expect(addresses(world)).toEqual(['10.1.0.1']);
    world.apply(west('10.2.0.1', '10.2.0.2'));
    expect(addresses(world)).toEqual(['10.1.0.1', '10.2.0.1', '10.2.0.2']);
    world.apply(west('10.2.0.2'));
    expect(addresses(world)).toEqual(['10.1.0.1', '10.2.0.2']);
    expect(world.ask('10-2-0-1.west.db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    world.remove(east());
    expect(addresses(world)).toEqual(['10.2.0.2']);
    world.remove(db);
    expect(world.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    expect(world.ask('shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    expect(world.zone.services).toBe(0);
    world.apply(db);
    expect(addresses(world)).toEqual(['10.2.0.2']);
  });

  it('from headless to a clusterset IP and back', () => {
    const world = new World([db, east('10.1.0.1')]);
    expect(addresses(world)).toEqual(['10.1.0.1']);
    world.apply(serviceImport('shop', 'db', 'ClusterSetIP', [MYSQL], ['10.97.0.1']));
    expect(addresses(world)).toEqual(['10.97.0.1']);
    expect(world.ask('10-1-0-1.east.db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    world.apply(db);
    expect(addresses(world)).toEqual(['10.1.0.1']);
  });

  it('to the Service that a slice is labelled for now', () => {
    const world = new World([db, serviceImport('shop', 'cache', 'Headless', [MYSQL]), east('10.1.0.1')]);
    expect(addresses(world)).toEqual(['10.1.0.1']);
    const moved = importedSlice('shop', 'cache', 'east', [{ ip: '10.1.0.1' }], [MYSQL], 'db-east');
    world.apply(moved);
    expect(world.ask('db.shop.svc A').rcode).toBe(RCODE.NXDOMAIN);
    expect(addresses(world, 'cache.shop.svc')).toEqual(['10.1.0.1']);
  });

  it('and tells each version of it by another serial', () => {
    const world = new World([db]);
    const serial = () => world.ask('@ SOA').answers[0]?.data.split(' ')[2];
    const before = serial();
    expect(serial()).toBe(before);
    world.apply(east('10.1.0.1'));
    expect(serial()).not.toBe(before);
  });

  it('writing anew only the answers of the Service that changed', () => {
    const world = new World([...caseObjects('shop'), db, east('10.1.0.1')]);
    const answer = (name: string) => world.zone.answer(parseName(`${name}.shop.svc.${ZONE}`), TYPE.A);
    const [web, kafka, before] = [answer('web'), answer('kafka'), answer('db')];
    world.apply(east('10.1.0.1', '10.1.0.9'), importedSlice('shop', 'web', 'east', [{ ip: '10.1.0.77' }], []));
    expect(answer('web')).toBe(web);
    expect(answer('kafka')).toBe(kafka);
    expect(answer('db')).not.toBe(before);
    expect(answer('db')).toBe(answer('db'));
  });

  it('keeping nothing for names that are not there', () => {
    const world = new World(caseObjects('shop'));
    for (let i = 0; i < 1000; i++) world.ask(`x${i}.shop.svc A`);
    for (let i = 0; i < 1000; i++) world.ask(`x${i}.east.db.shop.svc A`);
    expect(world.zone.names).toBe(0);
    for (const type of ['A', 'AAAA', 'SRV']) world.ask(`db.shop.svc ${type}`);
    for (let i = 1000; i < 2000; i++) world.ask(`db.shop.svc TYPE${i}`);
    expect(world.zone.names).toBe(1);
  });

  it('also where the answer was that there is nothing', () => {
    const none = serviceImport('shop', 'db', 'Headless', [MYSQL]);
    // A namespace that is called svc, so that the Service's name ends like that of another namespace.
    const world = new World([
      none,
      east('10.1.0.1'),
      serviceImport('svc', 'shop', 'ClusterSetIP', [MYSQL], ['10.97.0.1']),
    ]);
    const rcodes = () => ['db.shop.svc AAAA', 'shop.svc A'].map((question) => world.ask(question).rcode);
    expect(rcodes()).toEqual([RCODE.NOERROR, RCODE.NOERROR]);
    world.apply(importedSlice('shop', 'db', 'six', [{ ip: 'fd00:10:1::5' }], [MYSQL]));
    expect(world.ask('db.shop.svc AAAA').answers.map(({ data }) => data)).toEqual(['fd00:10:1::5']);
    world.remove(none);
    expect(rcodes()).toEqual([RCODE.NXDOMAIN, RCODE.NXDOMAIN]);
  });
});

describe('objects that say odd things', () => {
  const answersOf = (...objects: JsonObject[]) => {
    const world = new World([db, ...objects]);
    return {
      a: addresses(world),
      srv: world.ask('db.shop.svc SRV').answers.map(({ data }) => data),
      rcode: world.ask('db.shop.svc A').rcode,
    };
  };

  it('leave out what is no address of the slice’s family', () => {
    const odd = { ...east('10.1.0.1', '10.1.0.256', 'fd00::1', 'a.b', '10.1.0.01.2', ''), addressType: 'IPv4' };
    expect(answersOf(odd).a).toEqual(['10.1.0.1']);
  });

  it('give no address of FQDN slices', () => {
    expect(answersOf({ ...east('db.example.com'), addressType: 'FQDN' }).rcode).toBe(RCODE.NXDOMAIN);
  });

  it('give no name to endpoints of a cluster that is no label', () => {
    const { a, srv } = answersOf(importedSlice('shop', 'db', 'a.b', [{ ip: '10.1.0.1' }], [MYSQL], 'db-ab'));
    expect({ a, srv }).toEqual({ a: ['10.1.0.1'], srv: [] });
  });

  it('give no name that would be longer than 255 bytes, nor point to one', () => {
    const long = 'x'.repeat(63);
    const slice = importedSlice('shop', long, long, [{ ip: '10.1.0.1', host: long }], [MYSQL], 'long');
    const world = new World([serviceImport('shop', long, 'Headless', [MYSQL]), slice]);
    expect(addresses(world, `${long}.shop.svc`)).toEqual(['10.1.0.1']);
    expect(world.ask(`${long}.shop.svc SRV`).answers).toHaveLength(1);
    const ns = 'n'.repeat(63);
    const far = new World([
      serviceImport(ns, long, 'Headless', [MYSQL]),
      importedSlice(ns, long, long, [{ ip: '10.1.0.1', host: long }], [MYSQL], 'long'),
    ]);
    expect(addresses(far, `${long}.${ns}.svc`)).toEqual(['10.1.0.1']);
    expect(shown(far.ask(`${long}.${ns}.svc SRV`))).toEqual({ rcode: 'NOERROR', answers: [] });
  });

  it('give no SRV name to a port whose name fills a label, nor to one without number', () => {
    const world = new World([
      serviceImport('shop', 'db', 'ClusterSetIP', [{ name: 'p'.repeat(63), port: 1 }], ['10.97.0.1']),
    ]);
    expect(world.ask('db.shop.svc SRV').answers).toEqual([]);
    const every = { ...east('10.1.0.1'), ports: [{ name: 'every', protocol: 'TCP' }] };
    expect(answersOf(every).srv).toEqual([]);
  });

  it('give an address once that an import names twice', () => {
    const ips = ['10.97.0.1', 'fd00:97::1', '10.97.0.1', 'fd00:97:0::1'];
    const world = new World([serviceImport('shop', 'db', 'ClusterSetIP', [MYSQL], ips)]);
    expect(addresses(world)).toEqual(['10.97.0.1']);
    expect(world.ask('db.shop.svc AAAA').answers.map(({ data }) => data)).toEqual(['fd00:97::1']);
  });

  it('answer with all addresses of an endpoint, and count ready where nothing is said', () => {
    const slice = importedSlice('shop', 'db', 'east', [{ ip: ['10.1.0.1', '10.1.0.2'], host: 'db-0' }], [MYSQL]);
    const world = new World([db, slice]);
    expect(addresses(world, 'db-0.east.db.shop.svc')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  it('are no import where their name is not one label', () => {
    const world = new World([serviceImport('shop', 'a.b', 'ClusterSetIP', [], ['10.97.0.1'])]);
    expect(world.zone.services).toBe(0);
  });
});

describe('answers', () => {
  it('begin with another record each time, so that each comes first equally often', () => {
    const ips = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];
    const world = new World([db, east(...ips)]);
    const firsts = Array.from({ length: 6 }, () => {
      // Clients ask for both families one after the other.
      world.ask('db.shop.svc AAAA');
      return world.ask('db.shop.svc A').answers[0]?.data;
    });
    expect(firsts).toEqual([...ips, ...ips]);
  });

  it('too long for a datagram are cut and say so, and go around all endpoints', () => {
    const ips = Array.from({ length: 200 }, (_, i) => `10.1.1.${i}`);
    const world = new World([db, east(...ips)]);
    const plain = world.ask('db.shop.svc A', { udpBytes: 0 });
    expect(plain.flags & FLAG.TC).toBe(FLAG.TC);
    expect(plain.answers).toHaveLength(29);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) for (const { data } of world.ask('db.shop.svc A').answers) seen.add(data);
    expect(seen.size).toBe(200);
  });

  it('leave out additional records before they say that they are cut', () => {
    const world = new World([db, east('10.1.0.1', '10.1.0.2', '10.1.0.3')]);
    const { answers, additional, flags } = world.ask('_mysql._tcp.db.shop.svc SRV', { udpBytes: 0 });
    expect([answers.length, additional.length, flags & FLAG.TC]).toEqual([3, 3, 0]);
    const many = new World([db, east(...Array.from({ length: 5 }, (_, i) => `10.1.0.${i}`))]);
    const cut = many.ask('_mysql._tcp.db.shop.svc SRV', { udpBytes: 0 });
    expect([cut.answers.length, cut.flags & FLAG.TC]).toEqual([5, 0]);
    expect(cut.additional.length).toBeLessThan(5);
  });

  it('leave out an additional set whole, or a client would take a part for all of it', () => {
    const endpoint = { ip: Array.from({ length: 20 }, (_, i) => `10.1.0.${i}`), host: 'db-0' };
    const world = new World([db, importedSlice('shop', 'db', 'east', [endpoint], [MYSQL])]);
    const whole = world.ask('_mysql._tcp.db.shop.svc SRV');
    expect([whole.answers.length, whole.additional.length]).toEqual([1, 20]);
    const cut = world.ask('_mysql._tcp.db.shop.svc SRV', { udpBytes: 0 });
    expect([cut.answers.length, cut.additional.length, cut.flags & FLAG.TC]).toEqual([1, 0, 0]);
  });

  it('by TCP hold what fits 65535 bytes, of all endpoints in turn, and are whole', () => {
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
    const { responder } = new World([db, ...slices]);
    const response = responder.respond(questionOf('db.shop.svc A'), '127.0.0.1', 'tcp');
    expect(response?.length).toBeLessThanOrEqual(65_535);
    expect(response?.readUInt16BE(6)).toBe(Math.floor((65_535 - 12 - 34 - 11) / 16));
    expect((response?.readUInt16BE(2) ?? 0) & FLAG.TC).toBe(0);
  });

  it('are SERVFAIL while nothing may be told, and REFUSED for others all the same', () => {
    const world = new World(caseObjects('shop'));
    world.current = false;
    for (const ask of ['web.shop.svc A', 'gone.shop.svc A', '@ SOA', 'dns-version TXT'])
      expect(world.ask(ask).rcode).toBe(RCODE.SERVFAIL);
    expect(world.ask('example.com. A').rcode).toBe(RCODE.REFUSED);
    world.current = true;
    expect(world.ask('web.shop.svc A').rcode).toBe(RCODE.NOERROR);
  });

  it('at the apex are the SOA and a name server', () => {
    const world = new World();
    expect(world.ask('@ SOA').answers.map(({ ttl }) => ttl)).toEqual([5]);
    expect(world.ask('@ NS').answers.map(({ data }) => data)).toEqual(['ns.dns.clusterset.local.']);
    expect(shown(world.ask('@ A'))).toEqual({ rcode: 'NOERROR', answers: [] });
    for (const name of ['ns.dns', 'dns', 'svc']) expect(world.ask(`${name} A`).rcode).toBe(RCODE.NOERROR);
  });
});

describe('Zone', () => {
  it('serves under any domain and TTL', () => {
    const zone = new Zone({ zone: 'Mesh.Example.org.', ttl: 30 });
    expect(zone.answer(parseName('svc.mesh.example.org'), TYPE.A).rcode).toBe(RCODE.NOERROR);
    expect(zone.answer(parseName('svc.clusterset.local'), TYPE.A).rcode).toBe(RCODE.REFUSED);
    expect(() => new Zone({ zone: 'a..b', ttl: 5 })).toThrow(RangeError);
  });

  it('takes no domain that leaves no room for the names in it', () => {
    const long = (last: number) => [63, 63, 63, last].map((length) => 'z'.repeat(length)).join('.');
    const soa = new Zone({ zone: long(49), ttl: 5 }).answer(parseName(long(49)), TYPE.SOA);
    expect(soa.rcode).toBe(RCODE.NOERROR);
    expect(() => new Zone({ zone: long(50), ttl: 5 })).toThrow(RangeError);
  });
});
