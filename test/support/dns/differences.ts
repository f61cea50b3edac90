/**
 * How responses of CoreDNS 1.14 with its in-tree `multicluster` option differ from those of Catamaran, and why. A test
 * compares this table with docs/reference/dns.md.
 */
export const DIFFERENCES = {
  version: {
    coredns: '`dns-version` is `1.1.0`, the version of the cluster.local schema.',
    catamaran: '`1.0.0`.',
    specification: 'DNS specification, 1: “This document describes version 1.0.0 of the schema.”',
  },
  parents: {
    coredns: 'A name that only has names below it, such as `_tcp.<svc>` or `<clusterid>.<svc>`, is NXDOMAIN.',
    catamaran:
      'It exists and is empty: NODATA. A resolver that has cached NXDOMAIN for it may deny all names below it.',
    specification: 'RFC 4592, 2.2.2 and RFC 8020, 2: an empty non-terminal exists.',
  },
  'unnamed-srv': {
    coredns: 'The bare name has SRV records for unnamed ports.',
    catamaran: 'It has SRV records for named ports only.',
    specification: 'DNS specification, 2.3.2 and 2.4.2: “Unnamed ports do not have an `SRV` record.”',
  },
  'no-protocol': {
    coredns: '`_http._tcp.<svc>` is NXDOMAIN if the ServiceImport’s port has no `protocol`.',
    catamaran: 'The protocol defaults to TCP. Catamaran always sets it in the ServiceImports that it writes.',
    specification: 'ServicePort of mcs-api: “Default is TCP.”',
  },
  'endpoint-of-vip': {
    coredns: '`<hostname>.<clusterid>.<svc>` has the address of one endpoint of a Service with a clusterset IP.',
    catamaran: 'NXDOMAIN.',
    specification:
      'DNS specification, 2.3.4: such Services “MUST NOT have a record disambiguating to a single cluster’s backends”.',
  },
  'srv-address': {
    coredns: 'The name of an SRV record, `_http._tcp.<svc>`, also has the addresses of the Service.',
    catamaran: 'It only has SRV records; other types are NODATA.',
    specification: 'DNS specification, 2.3.1: addresses are at `<service>.<ns>.svc.<clusterset-zone>`.',
  },
  'endpoint-srv': {
    coredns: 'The name of an endpoint has SRV records that point to itself.',
    catamaran: 'It only has addresses; SRV is NODATA.',
    specification: 'DNS specification, 2.4.2 defines SRV records for `_<port>._<proto>.<service>` names only.',
  },
  namespace: {
    coredns: '`<ns>.svc` exists for every namespace of the cluster.',
    catamaran: 'It exists if the namespace has a ServiceImport.',
    specification: 'RFC 8020, 2: a name without records and without names below it does not exist.',
  },
  pod: {
    coredns: 'With `pods insecure`, `10-1-0-1.<ns>.pod` resolves to that address, and `pod` exists.',
    catamaran: 'Pods have no names: NXDOMAIN.',
    specification: 'The DNS specification of the clusterset zone defines none.',
  },
  any: {
    coredns: 'ANY is NODATA without the `any` plugin.',
    catamaran: 'One HINFO record.',
    specification: 'RFC 8482, 4.2.',
  },
  tail: {
    coredns: 'Trailing bytes after a message are ignored.',
    catamaran: 'FORMERR.',
    specification: 'RFC 1035, 4.1: a message has five sections, and nothing else.',
  },
} as const;

export type Difference = keyof typeof DIFFERENCES;
