/**
 * The names of one Service of the clusterset and their records.
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

/**
 * What writes the record sets of a name, by type. A name with none exists all the same: it has names below it, or no
 * addresses yet.
 */
export type Records = ReadonlyMap<number, () => RecordSet | undefined>;

/** The preference among SRV targets is not ours to say: one priority, one weight for all (2.3.2 and 2.4.2). */
const PRIORITY = 0;
const WEIGHT = 100;

const NOTHING: Records = new Map();

/** What a Service is made of in one cluster. */
export interface ServiceParts {
  readonly import: ZoneImport;
  readonly slices: readonly ZoneSlice[];
}

/** A port with the labels of its SRV name. */
interface LabelledPort {
  /** `_port._proto` as a key. */
  readonly labels: NameKey;
  readonly port: number;
}

/** Addresses of one endpoint's name, one behind the other, and the SRV records that point to it. */
interface Named {
  v4: string;
  v6: string;
  ports: readonly LabelledPort[];
}

/** What of a headless Service is looked through again and again, taken together once. */
interface Endpoints {
  readonly v4: ReadonlySet<string>;
  readonly v6: ReadonlySet<string>;
  /** By `<hostname>.<clusterid>` as a key. */
  readonly named: ReadonlyMap<NameKey, Named>;
  /** Keys of `_port._proto`. */
  readonly ports: ReadonlySet<NameKey>;
  /** Labels that names end in: `_proto`, and the clusters. */
  readonly parents: ReadonlySet<string>;
}

function* addressesOf(packed: string, family: Family): Generator<string> {
  const size = addressBytes(family);
  for (let at = 0; at < packed.length; at += size) yield packed.slice(at, at + size);
}

/** The label of an endpoint without hostname: its address with dashes, as CoreDNS has it. */
function addressLabel(address: string): string {
  const label = addressText(address).replace(/[.:]/g, '-');
  return label.endsWith('-') ? `${label}0` : label;
}

function portLabels({ name, protocol }: NamedPort): NameKey {
  return keyOf([`_${name}`, `_${protocol}`]);
}

/** Gives the records of the names of one Service, as it was when this was made. */
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

  /** Records of the labels in front of the Service's own name; undefined where there is no such name. */
  lookup(labels: readonly string[]): Records | undefined {
    if (labels.length > 2) return undefined;
    const { headless, ports } = this.#parts.import;
    const endpoints = headless ? this.#gather() : undefined;
    if (endpoints && endpoints.v4.size + endpoints.v6.size === 0) return undefined;
    const [first = '', second = ''] = labels;
    if (labels.length === 0) return endpoints ? this.#headless(endpoints) : this.#clusterSetIP();
    if (labels.length === 1) {
      // Above SRV names, and above those of a cluster's endpoints: they exist, and hold nothing (RFC 4592, 2.2.2).
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
    // A Service that has no address yet has the name, and nobody to point to.
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

  /** SRV records of one port's name, or of all. */
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

/** Takes the endpoints of all slices together; an address that is in two of them counts once. */
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
      // Labels of full length each may be too long together: such a name cannot be asked for, nor pointed to.
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
