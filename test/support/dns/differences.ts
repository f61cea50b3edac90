/**
 * Where CoreDNS 1.14 with its in-tree `multicluster` option answers otherwise than we do, and why we do not follow.
 * docs/reference/dns.md shows this table; a test compares the two.
 */
export const DIFFERENCES = {
  version: {
    coredns: '`dns-version` is `1.1.0`, the version of the cluster.local schema.',
    ours: '`1.0.0`.',
    specification: 'DNS specification, 1: “This document describes version 1.0.0 of the schema.”',
  },
  parents: {
    coredns: 'A name that has only names below it, such as `_tcp.<svc>` or `<clusterid>.<svc>`, is NXDOMAIN.',
    ours: 'It exists and is empty: NODATA. A resolver that has cached NXDOMAIN for it may deny all names below.',
    specification: 'RFC 4592, 2.2.2 and RFC 8020, 2: an empty non-terminal exists.',
  },
  'unnamed-srv': {
    coredns: 'The bare name has SRV records of ports without a name.',
    ours: 'It has those of named ports.',
    specification: 'DNS specification, 2.3.2 and 2.4.2: “Unnamed ports do not have an `SRV` record.”',
  },
  'no-protocol': {
    coredns: '`_http._tcp.<svc>` is NXDOMAIN if the ServiceImport’s port leaves out `protocol`.',
    ours: 'A port without protocol is TCP. The ServiceImports that Catamaran writes always name it.',
    specification: 'ServicePort of mcs-api: “Default is TCP.”',
  },
  'endpoint-of-vip': {
    coredns: '`<hostname>.<clusterid>.<svc>` has the address of one endpoint of a Service with a clusterset IP.',
    ours: 'There is no such name.',
    specification:
      'DNS specification, 2.3.4: such Services “MUST NOT have a record disambiguating to a single cluster’s backends”.',
  },
  'srv-address': {
    coredns: 'The name of an SRV record, `_http._tcp.<svc>`, has the addresses of the Service too.',
    ours: 'It has SRV records only: NODATA.',
    specification: 'DNS specification, 2.3.1: addresses are at `<service>.<ns>.svc.<clusterset-zone>`.',
  },
  'endpoint-srv': {
    coredns: 'The name of an endpoint has SRV records that point to itself.',
    ours: 'It has addresses only: NODATA.',
    specification: 'DNS specification, 2.4.2 gives SRV records to `_<port>._<proto>.<service>` names.',
  },
  namespace: {
    coredns: '`<ns>.svc` of any namespace of the cluster exists.',
    ours: 'It exists if the namespace has a ServiceImport.',
    specification: 'RFC 8020, 2: a name without records and without names below it does not exist.',
  },
  pod: {
    coredns: 'With `pods insecure`, `10-1-0-1.<ns>.pod` is that address, and `pod` exists.',
    ours: 'There are no names of pods.',
    specification: 'The DNS specification of the clusterset zone has none.',
  },
  any: {
    coredns: 'ANY is NODATA without its plugin `any`.',
    ours: 'One HINFO record stands for all.',
    specification: 'RFC 8482, 4.2.',
  },
  tail: {
    coredns: 'Bytes behind the end of a message are ignored.',
    ours: 'FORMERR.',
    specification: 'RFC 1035, 4.1: a message has five sections, and nothing else.',
  },
} as const;

/** Name of a difference. */
export type Difference = keyof typeof DIFFERENCES;
