/**
 * DNS test cases for the zone of `caseObjects`. A case is a query and its response in zone file format: names without a
 * trailing dot are relative to clusterset.local, `shop` is the namespace, and the priority and weight of SRV records,
 * which the specification leaves open, are `*`.
 */

import type { Difference } from './differences.ts';

/** The expected response. Without answers it is negative and carries the SOA. */
export interface Expected {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answers: readonly string[];
  readonly additional?: readonly string[];
}

export interface Case {
  /** `name TYPE`. */
  readonly ask: string;
  /** Number of the rule in docs/reference/semantics.md. */
  readonly rule?: 24 | 25 | 26 | 27;
  readonly catamaran: Expected;
  /** The response of CoreDNS 1.14 if it differs. */
  readonly coredns?: Expected & { readonly why: Difference };
}

const NODATA: Expected = { rcode: 'NOERROR', answers: [] };
const NXDOMAIN: Expected = { rcode: 'NXDOMAIN', answers: [] };

const found = (...answers: string[]): Expected => ({ rcode: 'NOERROR', answers });

/** SRV records and the addresses of their targets. */
const srv = (answers: readonly string[], additional: readonly string[]): Expected => ({
  rcode: 'NOERROR',
  answers,
  additional,
});

const DB_NAMES = ['db-0.east', 'db-1.east', 'db-0.west', '10-2-0-7.west'];
const DB_ADDRESSES = ['10.1.0.1', '10.1.0.2', '10.2.0.1', '10.2.0.7'];
const DB_GLUE = DB_NAMES.map((name, i) => `${name}.db.shop.svc 5 IN A ${DB_ADDRESSES[i]}`);
const DB_SRV = (owner: string) => DB_NAMES.map((name) => `${owner} 5 IN SRV * * 3306 ${name}.db.shop.svc`);
const KAFKA_GLUE = ['kafka-0.east.kafka.shop.svc 5 IN A 10.1.0.30', 'kafka-1.east.kafka.shop.svc 5 IN A 10.1.0.31'];
const KAFKA_SRV = (owner: string, port: number) =>
  [0, 1].map((i) => `${owner} 5 IN SRV * * ${port} kafka-${i}.east.kafka.shop.svc`);

export const CASES: readonly Case[] = [
  // 2.2: the version of the schema.
  {
    ask: 'dns-version TXT',
    rule: 27,
    catamaran: found('dns-version 28800 IN TXT "1.0.0"'),
    coredns: { ...found('dns-version 28800 IN TXT "1.1.0"'), why: 'version' },
  },
  { ask: 'dns-version A', rule: 27, catamaran: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },

  // 2.3: a Service with a clusterset IP.
  { ask: 'web.shop.svc A', catamaran: found('web.shop.svc 5 IN A 10.97.0.10') },
  { ask: 'web.shop.svc AAAA', catamaran: NODATA },
  { ask: 'web.shop.svc TXT', catamaran: NODATA },
  { ask: 'web.shop.svc TYPE65280', catamaran: NODATA },
  { ask: 'dual.shop.svc A', catamaran: found('dual.shop.svc 5 IN A 10.97.0.11') },
  { ask: 'dual.shop.svc AAAA', catamaran: found('dual.shop.svc 5 IN AAAA fd00:97::b') },
  {
    ask: '_http._tcp.web.shop.svc SRV',
    rule: 24,
    catamaran: srv(['_http._tcp.web.shop.svc 5 IN SRV * * 80 web.shop.svc'], ['web.shop.svc 5 IN A 10.97.0.10']),
  },
  {
    ask: '_dns._udp.dual.shop.svc SRV',
    rule: 24,
    catamaran: srv(
      ['_dns._udp.dual.shop.svc 5 IN SRV * * 53 dual.shop.svc'],
      ['dual.shop.svc 5 IN A 10.97.0.11', 'dual.shop.svc 5 IN AAAA fd00:97::b'],
    ),
  },
  {
    ask: 'web.shop.svc SRV',
    rule: 24,
    catamaran: srv(
      ['web.shop.svc 5 IN SRV * * 80 web.shop.svc', 'web.shop.svc 5 IN SRV * * 8080 web.shop.svc'],
      ['web.shop.svc 5 IN A 10.97.0.10'],
    ),
  },
  {
    ask: 'dual.shop.svc SRV',
    rule: 24,
    catamaran: srv(
      ['dual.shop.svc 5 IN SRV * * 53 dual.shop.svc'],
      ['dual.shop.svc 5 IN A 10.97.0.11', 'dual.shop.svc 5 IN AAAA fd00:97::b'],
    ),
  },
  {
    ask: '_http._tcp.web.shop.svc A',
    catamaran: NODATA,
    coredns: { ...found('_http._tcp.web.shop.svc 5 IN A 10.97.0.10'), why: 'srv-address' },
  },
  { ask: '_http._udp.web.shop.svc SRV', rule: 24, catamaran: NXDOMAIN },
  { ask: '_dns._tcp.dual.shop.svc SRV', rule: 24, catamaran: NXDOMAIN },
  { ask: '_tcp.web.shop.svc SRV', rule: 24, catamaran: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: '_udp.web.shop.svc SRV', rule: 24, catamaran: NXDOMAIN },
  {
    ask: '_http._tcp.terse.shop.svc SRV',
    rule: 24,
    catamaran: srv(['_http._tcp.terse.shop.svc 5 IN SRV * * 80 terse.shop.svc'], ['terse.shop.svc 5 IN A 10.97.0.13']),
    coredns: { ...NXDOMAIN, why: 'no-protocol' },
  },
  { ask: 'plain.shop.svc A', catamaran: found('plain.shop.svc 5 IN A 10.97.0.12') },
  {
    ask: 'plain.shop.svc SRV',
    rule: 24,
    catamaran: NODATA,
    coredns: {
      ...srv(['plain.shop.svc 5 IN SRV * * 8080 plain.shop.svc'], ['plain.shop.svc 5 IN A 10.97.0.12']),
      why: 'unnamed-srv',
    },
  },
  { ask: 'pending.shop.svc A', catamaran: NODATA },
  { ask: '_http._tcp.pending.shop.svc SRV', rule: 24, catamaran: NODATA },
  { ask: 'web.shop.svc MX', catamaran: NODATA },

  // 2.3.4: no name for the endpoints of one cluster.
  { ask: 'east.web.shop.svc A', rule: 26, catamaran: NXDOMAIN },
  {
    ask: 'web-0.east.web.shop.svc A',
    rule: 26,
    catamaran: NXDOMAIN,
    coredns: { ...found('web-0.east.web.shop.svc 5 IN A 10.1.0.10'), why: 'endpoint-of-vip' },
  },

  // 2.4: a headless Service.
  { ask: 'db.shop.svc A', catamaran: found(...DB_ADDRESSES.map((ip) => `db.shop.svc 5 IN A ${ip}`)) },
  { ask: 'db.shop.svc AAAA', catamaran: NODATA },
  { ask: 'db-0.east.db.shop.svc A', rule: 25, catamaran: found('db-0.east.db.shop.svc 5 IN A 10.1.0.1') },
  { ask: 'db-0.west.db.shop.svc A', rule: 25, catamaran: found('db-0.west.db.shop.svc 5 IN A 10.2.0.1') },
  { ask: '10-2-0-7.west.db.shop.svc A', rule: 25, catamaran: found('10-2-0-7.west.db.shop.svc 5 IN A 10.2.0.7') },
  { ask: 'db-0.east.db.shop.svc AAAA', rule: 25, catamaran: NODATA },
  { ask: 'db-2.east.db.shop.svc A', rule: 25, catamaran: NXDOMAIN },
  { ask: 'db-1.west.db.shop.svc A', rule: 25, catamaran: NXDOMAIN },
  {
    ask: 'db-0.east.db.shop.svc SRV',
    rule: 25,
    catamaran: NODATA,
    coredns: {
      ...srv(
        ['db-0.east.db.shop.svc 5 IN SRV * * 3306 db-0.east.db.shop.svc'],
        ['db-0.east.db.shop.svc 5 IN A 10.1.0.1'],
      ),
      why: 'endpoint-srv',
    },
  },
  { ask: '_mysql._tcp.db.shop.svc SRV', rule: 24, catamaran: srv(DB_SRV('_mysql._tcp.db.shop.svc'), DB_GLUE) },
  { ask: 'db.shop.svc SRV', rule: 24, catamaran: srv(DB_SRV('db.shop.svc'), DB_GLUE) },
  { ask: '_mysql._udp.db.shop.svc SRV', rule: 24, catamaran: NXDOMAIN },
  { ask: '_tcp.db.shop.svc A', catamaran: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: 'db6.shop.svc A', catamaran: NODATA },
  {
    ask: 'db6.shop.svc AAAA',
    catamaran: found('db6.shop.svc 5 IN AAAA fd00:10:1::5', 'db6.shop.svc 5 IN AAAA fd00:10:1:2::'),
  },
  {
    ask: 'fd00-10-1--5.east.db6.shop.svc AAAA',
    rule: 25,
    catamaran: found('fd00-10-1--5.east.db6.shop.svc 5 IN AAAA fd00:10:1::5'),
  },
  {
    ask: 'fd00-10-1-2--0.east.db6.shop.svc AAAA',
    rule: 25,
    catamaran: found('fd00-10-1-2--0.east.db6.shop.svc 5 IN AAAA fd00:10:1:2::'),
  },
  { ask: 'duo.shop.svc A', catamaran: found('duo.shop.svc 5 IN A 10.1.0.20') },
  { ask: 'duo.shop.svc AAAA', catamaran: found('duo.shop.svc 5 IN AAAA fd00:10:1::14') },
  { ask: 'duo-0.east.duo.shop.svc A', rule: 25, catamaran: found('duo-0.east.duo.shop.svc 5 IN A 10.1.0.20') },
  {
    ask: 'duo-0.east.duo.shop.svc AAAA',
    rule: 25,
    catamaran: found('duo-0.east.duo.shop.svc 5 IN AAAA fd00:10:1::14'),
  },
  {
    ask: '_mysql._tcp.duo.shop.svc SRV',
    rule: 24,
    catamaran: srv(
      ['_mysql._tcp.duo.shop.svc 5 IN SRV * * 3306 duo-0.east.duo.shop.svc'],
      ['duo-0.east.duo.shop.svc 5 IN A 10.1.0.20', 'duo-0.east.duo.shop.svc 5 IN AAAA fd00:10:1::14'],
    ),
  },
  {
    ask: '_admin._tcp.kafka.shop.svc SRV',
    rule: 24,
    catamaran: srv(KAFKA_SRV('_admin._tcp.kafka.shop.svc', 19093), KAFKA_GLUE),
  },
  {
    ask: 'kafka.shop.svc SRV',
    rule: 24,
    catamaran: srv([...KAFKA_SRV('kafka.shop.svc', 19092), ...KAFKA_SRV('kafka.shop.svc', 19093)], KAFKA_GLUE),
  },
  { ask: 'raw.shop.svc A', catamaran: found('raw.shop.svc 5 IN A 10.1.0.40') },
  {
    ask: 'raw.shop.svc SRV',
    rule: 24,
    catamaran: NODATA,
    coredns: {
      ...srv(['raw.shop.svc 5 IN SRV * * 7000 raw-0.east.raw.shop.svc'], ['raw-0.east.raw.shop.svc 5 IN A 10.1.0.40']),
      why: 'unnamed-srv',
    },
  },
  { ask: 'portless.shop.svc A', catamaran: found('portless.shop.svc 5 IN A 10.1.0.41') },
  {
    ask: 'portless-0.east.portless.shop.svc A',
    rule: 25,
    catamaran: found('portless-0.east.portless.shop.svc 5 IN A 10.1.0.41'),
  },
  { ask: 'moving.shop.svc A', catamaran: found('moving.shop.svc 5 IN A 10.1.0.50') },
  {
    ask: 'moving.shop.svc SRV',
    rule: 24,
    catamaran: srv(
      ['moving.shop.svc 5 IN SRV * * 3306 moving-0.east.moving.shop.svc'],
      ['moving-0.east.moving.shop.svc 5 IN A 10.1.0.50'],
    ),
  },

  // 2.4.1: no ready endpoints. 2.4.4: no name for the endpoints of one cluster.
  { ask: 'idle.shop.svc A', rule: 26, catamaran: NXDOMAIN },
  { ask: 'idle-0.east.idle.shop.svc A', rule: 26, catamaran: NXDOMAIN },
  { ask: 'none.shop.svc A', rule: 26, catamaran: NXDOMAIN },
  { ask: 'none.shop.svc SRV', rule: 26, catamaran: NXDOMAIN },
  { ask: 'east.db.shop.svc A', rule: 26, catamaran: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: 'east.db.shop.svc SRV', rule: 26, catamaran: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: 'north.db.shop.svc A', rule: 26, catamaran: NXDOMAIN },

  // Names above the Services, and names that do not exist.
  { ask: 'shop.svc A', catamaran: NODATA },
  { ask: 'svc A', catamaran: NODATA },
  { ask: 'kube-system.svc A', catamaran: NXDOMAIN, coredns: { ...NODATA, why: 'namespace' } },
  { ask: 'nowhere.svc A', catamaran: NXDOMAIN },
  { ask: 'gone.shop.svc A', catamaran: NXDOMAIN },
  { ask: 'gone.shop.svc TXT', catamaran: NXDOMAIN },
  { ask: 'web.nowhere.svc A', catamaran: NXDOMAIN },
  { ask: 'a.b.c.web.shop.svc A', catamaran: NXDOMAIN },
  { ask: 'web.shop A', catamaran: NXDOMAIN },
  { ask: 'web A', catamaran: NXDOMAIN },
  { ask: 'pod A', catamaran: NXDOMAIN, coredns: { ...NODATA, why: 'pod' } },
  {
    ask: '10-1-0-1.shop.pod A',
    catamaran: NXDOMAIN,
    coredns: { ...found('10-1-0-1.shop.pod 5 IN A 10.1.0.1'), why: 'pod' },
  },

  // The apex.
  { ask: '@ A', catamaran: NODATA },
  { ask: 'dns A', catamaran: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },

  // RFC 8482, RFC 5936.
  {
    ask: 'web.shop.svc ANY',
    catamaran: found('web.shop.svc 5 IN HINFO "RFC8482" ""'),
    coredns: { ...NODATA, why: 'any' },
  },
  { ask: 'gone.shop.svc ANY', catamaran: NXDOMAIN },
  { ask: 'web.shop.svc AXFR', catamaran: { rcode: 'REFUSED', answers: [] } },
  { ask: 'web.shop.svc IXFR', catamaran: { rcode: 'REFUSED', answers: [] } },
];
