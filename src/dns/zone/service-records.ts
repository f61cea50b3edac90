/**
 * Names and records of one Service of the clusterset.
 * Source: KEP-1645, "Kubernetes DNS-Based Multicluster Service Discovery", schema version 1.0.0.
 */
import { fits, keyOf, type NameKey } from '../wire/name.ts';
import { TYPE } from '../wire/protocol.ts';
import {
  addressRecords,
  below,
  type Owner,
  pointer,
  RecordSet,
  record,
  rowsOf,
  setsOf,
  srvData,
} from './record-set.ts';
import {
  addressBytes,
  addressText,
  type Family,
  type NamedPort,
  unpackPorts,
  type ZoneImport,
  type ZoneSlice,
} from './zone-objects.ts';

/** Builders of the record sets of a name, by type. An empty map is a name that exists without records (NODATA). */
export type Records = ReadonlyMap<number, () => RecordSet | undefined>;

/** The same for all SRV targets; the specification leaves them open (2.3.2 and 2.4.2). */
const PRIORITY = 0;
const WEIGHT = 100;

const NOTHING: Records = new Map();

/** The objects of a Service in one cluster. */
export interface ServiceParts {
  readonly import: ZoneImport;
  readonly slices: readonly ZoneSlice[];
}

interface LabelledPort {
  /** Key of `_port._proto`. */
  readonly labels: NameKey;
  readonly port: number;
}

/** Concatenated addresses of one endpoint name, and the ports of its SRV records. */
interface Named {
  v4: string;
  v6: string;
  ports: readonly LabelledPort[];
}

/** Index of the endpoints of a headless Service. */
interface Endpoints {
  readonly v4: ReadonlySet<string>;
  readonly v6: ReadonlySet<string>;
  /** By the key of `<hostname>.<clusterid>`. */
  readonly named: ReadonlyMap<NameKey, Named>;
  /** Keys of `_port._proto`. */
  readonly ports: ReadonlySet<NameKey>;
  /** Empty non-terminals: the `_proto` and `<clusterid>` labels. */
  readonly parents: ReadonlySet<string>;
}

function* addressesOf(packed: string, family: Family): Generator<string> {
  const size = addressBytes(family);
  for (let at = 0; at < packed.length; at += size) yield packed.slice(at, at + size);
}

/** The label of an endpoint without hostname: its address with dashes, as in CoreDNS. */
function addressLabel(address: string): string {
  const label = addressText(address).replace(/[.:]/g, '-');
  return label.endsWith('-') ? `${label}0` : label;
}

function portLabels({ name, protocol }: NamedPort): NameKey {
  return keyOf([`_${name}`, `_${protocol}`]);
}

/** Record lookup for one version of a Service. */
export class ServiceNames {
  readonly #parts: ServiceParts;
  /** Key of `<service>.<namespace>.svc.<zone>`. */
  readonly #name: NameKey;
  readonly #ttl: number;
  #endpoints: Endpoints | undefined;

  constructor(parts: ServiceParts, name: NameKey, ttl: number) {
    this.#parts = parts;
    this.#name = name;
    this.#ttl = ttl;
  }

  /** @param labels in front of the Service's name. Returns undefined if the name does not exist. */
  lookup(labels: readonly string[]): Records | undefined {
    if (labels.length > 2) return undefined;
    const { headless, ports } = this.#parts.import;
    const endpoints = headless ? this.#gather() : undefined;
    if (endpoints && endpoints.v4.size + endpoints.v6.size === 0) return undefined;
    const [first = '', second = ''] = labels;
    if (labels.length === 0) return endpoints ? this.#headless(endpoints) : this.#clusterSetIP();
    if (labels.length === 1) {
      // Empty non-terminals above SRV names and endpoint names exist (RFC 4592, section 2.2.2).
      const protocols = endpoints ? [] : unpackPorts(ports).map(({ protocol }) => `_${protocol}`);
      const parent = endpoints?.parents.has(first) || protocols.includes(first);
      return parent ? NOTHING : undefined;
    }
    if (first.startsWith('_') && second.startsWith('_')) return this.#port(keyOf(labels), endpoints);
    const found = endpoints?.named.get(keyOf(labels));
    return found && this.#addresses(found.v4, found.v6);
  }

  #clusterSetIP(): Records {
    const { v4, v6 } = this.#parts.import;
    const ports = unpackPorts(this.#parts.import.ports);
    const records = this.#addresses(v4, v6);
    if (ports.length > 0 && v4 + v6 !== '') records.set(TYPE.SRV, () => this.#clusterSetIPSrv(ports, pointer()));
    return records;
  }

  #headless(endpoints: Endpoints): Records {
    const records = this.#addresses([...endpoints.v4].join(''), [...endpoints.v6].join(''));
    if (endpoints.ports.size > 0) records.set(TYPE.SRV, () => this.#headlessSrv(endpoints, undefined, pointer()));
    return records;
  }

  #addresses(v4: string, v6: string): Map<number, () => RecordSet> {
    const set = (family: Family, packed: string) => () =>
      new RecordSet(rowsOf(addressRecords(pointer(), family, this.#ttl, addressesOf(packed, family))));
    const records = new Map<number, () => RecordSet>();
    if (v4 !== '') records.set(TYPE.A, set(4, v4));
    if (v6 !== '') records.set(TYPE.AAAA, set(6, v6));
    return records;
  }

  #port(labels: NameKey, endpoints: Endpoints | undefined): Records | undefined {
    const service = pointer(labels.length);
    if (endpoints) {
      if (!endpoints.ports.has(labels)) return undefined;
      return new Map([[TYPE.SRV, () => this.#headlessSrv(endpoints, labels, service)]]);
    }
    const { v4, v6 } = this.#parts.import;
    const ports = unpackPorts(this.#parts.import.ports).filter((each) => portLabels(each) === labels);
    if (ports.length === 0) return undefined;
    // Without an address yet, the name exists but has no target.
    return v4 + v6 === '' ? NOTHING : new Map([[TYPE.SRV, () => this.#clusterSetIPSrv(ports, service)]]);
  }

  #clusterSetIPSrv(ports: readonly NamedPort[], service: Owner): RecordSet {
    const numbers = new Set(ports.map(({ port }) => port));
    const { v4, v6 } = this.#parts.import;
    const rows = Array.from(numbers, (port) =>
      record(pointer(), TYPE.SRV, this.#ttl, srvData(PRIORITY, WEIGHT, port, this.#name)),
    );
    const additional = [
      addressRecords(service, 4, this.#ttl, addressesOf(v4, 4)),
      addressRecords(service, 6, this.#ttl, addressesOf(v6, 6)),
    ];
    return new RecordSet(rowsOf(rows), setsOf(additional));
  }

  /** @param labels of one port; undefined for all ports. */
  #headlessSrv({ named }: Endpoints, labels: NameKey | undefined, service: Owner): RecordSet {
    const rows: Buffer[] = [];
    const additional: Buffer[][] = [];
    for (const [name, { v4, v6, ports }] of named) {
      const wanted = ports.filter((each) => labels === undefined || each.labels === labels);
      for (const port of new Set(wanted.map((each) => each.port))) {
        const data = srvData(PRIORITY, WEIGHT, port, name + this.#name);
        rows.push(record(pointer(), TYPE.SRV, this.#ttl, data));
      }
      if (wanted.length === 0) continue;
      const owner = below(name, service);
      additional.push(
        addressRecords(owner, 4, this.#ttl, addressesOf(v4, 4)),
        addressRecords(owner, 6, this.#ttl, addressesOf(v6, 6)),
      );
    }
    return new RecordSet(rowsOf(rows), setsOf(additional));
  }

  #gather(): Endpoints {
    this.#endpoints ??= gather(this.#parts.slices, this.#name);
    return this.#endpoints;
  }
}

/** Merges the endpoints of all slices and removes duplicate addresses. */
function gather(slices: Iterable<ZoneSlice>, service: NameKey): Endpoints {
  const all = { v4: new Set<string>(), v6: new Set<string>() };
  const named = new Map<NameKey, Named>();
  const portNames = new Set<NameKey>();
  const parents = new Set<string>();
  for (const { cluster, family, addresses, hosts: hostnames, ports: packed } of slices) {
    const field = family === 4 ? 'v4' : 'v6';
    const hosts = hostnames.split(' ');
    const ports = unpackPorts(packed);
    const labelled = ports.map((port) => ({ labels: portLabels(port), port: port.port }));
    let index = 0;
    for (const address of addressesOf(addresses, family)) {
      const host = hosts[index++] || addressLabel(address);
      all[field].add(address);
      const name = cluster === '' ? '' : keyOf([host, cluster]);
      // Skip names over the length limit: they can be neither queried nor targets.
      if (name === '' || !fits(name + service)) continue;
      parents.add(cluster);
      for (const { protocol } of ports) parents.add(`_${protocol}`);
      for (const { labels } of labelled) portNames.add(labels);
      const entry = named.get(name);
      if (!entry) {
        named.set(name, { v4: '', v6: '', [field]: address, ports: labelled });
        continue;
      }
      if (![...addressesOf(entry[field], family)].includes(address)) entry[field] += address;
      entry.ports = union(entry.ports, labelled);
    }
  }
  return { ...all, named, ports: portNames, parents };
}

function union(a: readonly LabelledPort[], b: readonly LabelledPort[]): readonly LabelledPort[] {
  const added = b.filter((port) => !a.some((each) => each.labels === port.labels && each.port === port.port));
  return added.length === 0 ? a : [...a, ...added];
}
