/**
 * What the zone of `caseObjects` answers. A case is a question and the lines of a zone file that come back: names
 * without a dot at the end are relative to clusterset.local, `shop` is the namespace, and an SRV record's priority and
 * weight, which the specification leaves open, are `*`.
 */

import type { Difference } from './differences.ts';

/** What comes back: a response code, and records. Without records a negative answer, which carries the SOA. */
export interface Expected {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answers: readonly string[];
  readonly additional?: readonly string[];
}

/** A question and its answer. */
export interface Case {
  /** `name TYPE`. */
  readonly ask: string;
  /** Number of the rule in docs/reference/semantics.md that it is a case of. */
  readonly rule?: 24 | 25 | 26 | 27;
  readonly ours: Expected;
  /** Where CoreDNS 1.14 differs, and what it says. */
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
    ours: found('dns-version 28800 IN TXT "1.0.0"'),
    coredns: { ...found('dns-version 28800 IN TXT "1.1.0"'), why: 'version' },
  },
  { ask: 'dns-version A', rule: 27, ours: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },

  // 2.3: a Service with a clusterset IP.
  { ask: 'web.shop.svc A', ours: found('web.shop.svc 5 IN A 10.97.0.10') },
  { ask: 'web.shop.svc AAAA', ours: NODATA },
  { ask: 'web.shop.svc TXT', ours: NODATA },
  { ask: 'web.shop.svc TYPE65280', ours: NODATA },
  { ask: 'dual.shop.svc A', ours: found('dual.shop.svc 5 IN A 10.97.0.11') },
  { ask: 'dual.shop.svc AAAA', ours: found('dual.shop.svc 5 IN AAAA fd00:97::b') },
  {
    ask: '_http._tcp.web.shop.svc SRV',
    rule: 24,
    ours: srv(['_http._tcp.web.shop.svc 5 IN SRV * * 80 web.shop.svc'], ['web.shop.svc 5 IN A 10.97.0.10']),
  },
  {
    ask: '_dns._udp.dual.shop.svc SRV',
    rule: 24,
    ours: srv(
      ['_dns._udp.dual.shop.svc 5 IN SRV * * 53 dual.shop.svc'],
      ['dual.shop.svc 5 IN A 10.97.0.11', 'dual.shop.svc 5 IN AAAA fd00:97::b'],
    ),
  },
  {
    ask: 'web.shop.svc SRV',
    rule: 24,
    ours: srv(
      ['web.shop.svc 5 IN SRV * * 80 web.shop.svc', 'web.shop.svc 5 IN SRV * * 8080 web.shop.svc'],
      ['web.shop.svc 5 IN A 10.97.0.10'],
    ),
  },
  {
    ask: 'dual.shop.svc SRV',
    rule: 24,
    ours: srv(
      ['dual.shop.svc 5 IN SRV * * 53 dual.shop.svc'],
      ['dual.shop.svc 5 IN A 10.97.0.11', 'dual.shop.svc 5 IN AAAA fd00:97::b'],
    ),
  },
  {
    ask: '_http._tcp.web.shop.svc A',
    ours: NODATA,
    coredns: { ...found('_http._tcp.web.shop.svc 5 IN A 10.97.0.10'), why: 'srv-address' },
  },
  { ask: '_http._udp.web.shop.svc SRV', rule: 24, ours: NXDOMAIN },
  { ask: '_dns._tcp.dual.shop.svc SRV', rule: 24, ours: NXDOMAIN },
  { ask: '_tcp.web.shop.svc SRV', rule: 24, ours: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: '_udp.web.shop.svc SRV', rule: 24, ours: NXDOMAIN },
  {
    ask: '_http._tcp.terse.shop.svc SRV',
    rule: 24,
    ours: srv(['_http._tcp.terse.shop.svc 5 IN SRV * * 80 terse.shop.svc'], ['terse.shop.svc 5 IN A 10.97.0.13']),
    coredns: { ...NXDOMAIN, why: 'no-protocol' },
  },
  { ask: 'plain.shop.svc A', ours: found('plain.shop.svc 5 IN A 10.97.0.12') },
  {
    ask: 'plain.shop.svc SRV',
    rule: 24,
    ours: NODATA,
    coredns: {
      ...srv(['plain.shop.svc 5 IN SRV * * 8080 plain.shop.svc'], ['plain.shop.svc 5 IN A 10.97.0.12']),
      why: 'unnamed-srv',
    },
  },
  { ask: 'pending.shop.svc A', ours: NODATA },
  { ask: '_http._tcp.pending.shop.svc SRV', rule: 24, ours: NODATA },
  { ask: 'web.shop.svc MX', ours: NODATA },

  // 2.3.4: no name for one cluster's share of it.
  { ask: 'east.web.shop.svc A', rule: 26, ours: NXDOMAIN },
  {
    ask: 'web-0.east.web.shop.svc A',
    rule: 26,
    ours: NXDOMAIN,
    coredns: { ...found('web-0.east.web.shop.svc 5 IN A 10.1.0.10'), why: 'endpoint-of-vip' },
  },

  // 2.4: a headless Service.
  { ask: 'db.shop.svc A', ours: found(...DB_ADDRESSES.map((ip) => `db.shop.svc 5 IN A ${ip}`)) },
  { ask: 'db.shop.svc AAAA', ours: NODATA },
  { ask: 'db-0.east.db.shop.svc A', rule: 25, ours: found('db-0.east.db.shop.svc 5 IN A 10.1.0.1') },
  { ask: 'db-0.west.db.shop.svc A', rule: 25, ours: found('db-0.west.db.shop.svc 5 IN A 10.2.0.1') },
  { ask: '10-2-0-7.west.db.shop.svc A', rule: 25, ours: found('10-2-0-7.west.db.shop.svc 5 IN A 10.2.0.7') },
  { ask: 'db-0.east.db.shop.svc AAAA', rule: 25, ours: NODATA },
  { ask: 'db-2.east.db.shop.svc A', rule: 25, ours: NXDOMAIN },
  { ask: 'db-1.west.db.shop.svc A', rule: 25, ours: NXDOMAIN },
  {
    ask: 'db-0.east.db.shop.svc SRV',
    rule: 25,
    ours: NODATA,
    coredns: {
      ...srv(
        ['db-0.east.db.shop.svc 5 IN SRV * * 3306 db-0.east.db.shop.svc'],
        ['db-0.east.db.shop.svc 5 IN A 10.1.0.1'],
      ),
      why: 'endpoint-srv',
    },
  },
  { ask: '_mysql._tcp.db.shop.svc SRV', rule: 24, ours: srv(DB_SRV('_mysql._tcp.db.shop.svc'), DB_GLUE) },
  { ask: 'db.shop.svc SRV', rule: 24, ours: srv(DB_SRV('db.shop.svc'), DB_GLUE) },
  { ask: '_mysql._udp.db.shop.svc SRV', rule: 24, ours: NXDOMAIN },
  { ask: '_tcp.db.shop.svc A', ours: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: 'db6.shop.svc A', ours: NODATA },
  {
    ask: 'db6.shop.svc AAAA',
    ours: found('db6.shop.svc 5 IN AAAA fd00:10:1::5', 'db6.shop.svc 5 IN AAAA fd00:10:1:2::'),
  },
  {
    ask: 'fd00-10-1--5.east.db6.shop.svc AAAA',
    rule: 25,
    ours: found('fd00-10-1--5.east.db6.shop.svc 5 IN AAAA fd00:10:1::5'),
  },
  {
    ask: 'fd00-10-1-2--0.east.db6.shop.svc AAAA',
    rule: 25,
    ours: found('fd00-10-1-2--0.east.db6.shop.svc 5 IN AAAA fd00:10:1:2::'),
  },
  { ask: 'duo.shop.svc A', ours: found('duo.shop.svc 5 IN A 10.1.0.20') },
  { ask: 'duo.shop.svc AAAA', ours: found('duo.shop.svc 5 IN AAAA fd00:10:1::14') },
  { ask: 'duo-0.east.duo.shop.svc A', rule: 25, ours: found('duo-0.east.duo.shop.svc 5 IN A 10.1.0.20') },
  { ask: 'duo-0.east.duo.shop.svc AAAA', rule: 25, ours: found('duo-0.east.duo.shop.svc 5 IN AAAA fd00:10:1::14') },
  {
    ask: '_mysql._tcp.duo.shop.svc SRV',
    rule: 24,
    ours: srv(
      ['_mysql._tcp.duo.shop.svc 5 IN SRV * * 3306 duo-0.east.duo.shop.svc'],
      ['duo-0.east.duo.shop.svc 5 IN A 10.1.0.20', 'duo-0.east.duo.shop.svc 5 IN AAAA fd00:10:1::14'],
    ),
  },
  {
    ask: '_admin._tcp.kafka.shop.svc SRV',
    rule: 24,
    ours: srv(KAFKA_SRV('_admin._tcp.kafka.shop.svc', 19093), KAFKA_GLUE),
  },
  {
    ask: 'kafka.shop.svc SRV',
    rule: 24,
    ours: srv([...KAFKA_SRV('kafka.shop.svc', 19092), ...KAFKA_SRV('kafka.shop.svc', 19093)], KAFKA_GLUE),
  },
  { ask: 'raw.shop.svc A', ours: found('raw.shop.svc 5 IN A 10.1.0.40') },
  {
    ask: 'raw.shop.svc SRV',
    rule: 24,
    ours: NODATA,
    coredns: {
      ...srv(['raw.shop.svc 5 IN SRV * * 7000 raw-0.east.raw.shop.svc'], ['raw-0.east.raw.shop.svc 5 IN A 10.1.0.40']),
      why: 'unnamed-srv',
    },
  },
  { ask: 'portless.shop.svc A', ours: found('portless.shop.svc 5 IN A 10.1.0.41') },
  {
    ask: 'portless-0.east.portless.shop.svc A',
    rule: 25,
    ours: found('portless-0.east.portless.shop.svc 5 IN A 10.1.0.41'),
  },
  { ask: 'moving.shop.svc A', ours: found('moving.shop.svc 5 IN A 10.1.0.50') },
  {
    ask: 'moving.shop.svc SRV',
    rule: 24,
    ours: srv(
      ['moving.shop.svc 5 IN SRV * * 3306 moving-0.east.moving.shop.svc'],
      ['moving-0.east.moving.shop.svc 5 IN A 10.1.0.50'],
    ),
  },

  // 2.4.1: nobody is ready. 2.4.4: no name for one cluster's share.
  { ask: 'idle.shop.svc A', rule: 26, ours: NXDOMAIN },
  { ask: 'idle-0.east.idle.shop.svc A', rule: 26, ours: NXDOMAIN },
  { ask: 'none.shop.svc A', rule: 26, ours: NXDOMAIN },
  { ask: 'none.shop.svc SRV', rule: 26, ours: NXDOMAIN },
  { ask: 'east.db.shop.svc A', rule: 26, ours: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: 'east.db.shop.svc SRV', rule: 26, ours: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },
  { ask: 'north.db.shop.svc A', rule: 26, ours: NXDOMAIN },

  // Names above the Services, and names that are not there.
  { ask: 'shop.svc A', ours: NODATA },
  { ask: 'svc A', ours: NODATA },
  { ask: 'kube-system.svc A', ours: NXDOMAIN, coredns: { ...NODATA, why: 'namespace' } },
  { ask: 'nowhere.svc A', ours: NXDOMAIN },
  { ask: 'gone.shop.svc A', ours: NXDOMAIN },
  { ask: 'gone.shop.svc TXT', ours: NXDOMAIN },
  { ask: 'web.nowhere.svc A', ours: NXDOMAIN },
  { ask: 'a.b.c.web.shop.svc A', ours: NXDOMAIN },
  { ask: 'web.shop A', ours: NXDOMAIN },
  { ask: 'web A', ours: NXDOMAIN },
  { ask: 'pod A', ours: NXDOMAIN, coredns: { ...NODATA, why: 'pod' } },
  {
    ask: '10-1-0-1.shop.pod A',
    ours: NXDOMAIN,
    coredns: { ...found('10-1-0-1.shop.pod 5 IN A 10.1.0.1'), why: 'pod' },
  },

  // The apex.
  { ask: '@ A', ours: NODATA },
  { ask: 'dns A', ours: NODATA, coredns: { ...NXDOMAIN, why: 'parents' } },

  // RFC 8482, RFC 5936.
  { ask: 'web.shop.svc ANY', ours: found('web.shop.svc 5 IN HINFO "RFC8482" ""'), coredns: { ...NODATA, why: 'any' } },
  { ask: 'gone.shop.svc ANY', ours: NXDOMAIN },
  { ask: 'web.shop.svc AXFR', ours: { rcode: 'REFUSED', answers: [] } },
  { ask: 'web.shop.svc IXFR', ours: { rcode: 'REFUSED', answers: [] } },
];
