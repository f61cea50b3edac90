/**
 * The clusterset zone of one cluster: names to answers, from its ServiceImports and imported EndpointSlices. Pure data:
 * no socket, no clock. Answers are written when a name is first asked for, and kept until its Service changes.
 */
import type { ServiceKey } from '../api/meta.ts';
import { splitKey } from '../api/meta.ts';
import { keyOf, labelsOf, type NameKey, parseName } from './name.ts';
import { RCODE, TYPE } from './protocol.ts';
import { pointer, RecordSet, record, rowsOf, soaData, textData } from './recordset.ts';
import type { Answer } from './response.ts';
import { type Records, ServiceNames } from './service.ts';
import type { SlimImport, SlimSlice } from './slim.ts';

/** Version of the DNS specification that the zone follows (KEP-1645, DNS specification, 1 and 2.2). */
const SCHEMA_VERSION = '1.0.0';
const SCHEMA_TTL = 28_800;

/** Seconds that a client may remember that there is nothing: Services appear, and clients ask before they do. */
const NEGATIVE_TTL = 5;

/** How long a secondary would go on; there is none, since transfers are refused. */
const REFRESH = 7200;
const RETRY = 1800;
const EXPIRE = 86_400;

/** What the zone is served as. */
export interface ZoneOptions {
  /** `clusterset.local` */
  readonly zone: string;
  /** Seconds that a client may remember an address or SRV record. */
  readonly ttl: number;
}

/** Everything that is known of one Service, and the names of it that have been asked for. */
interface Entry {
  import: SlimImport | undefined;
  readonly slices: Map<string, SlimSlice>;
  names: ServiceNames | undefined;
  readonly asked: Set<NameKey>;
}

const NOT_OURS: Answer = { rcode: RCODE.REFUSED, authoritative: false };

/** The zone. */
export class Zone {
  readonly #ttl: number;
  readonly #zone: NameKey;
  readonly #services = new Map<ServiceKey, Entry>();
  /** How many imports each namespace has. */
  readonly #namespaces = new Map<string, number>();
  /** Names that exist, with the answers written for them. */
  readonly #answers = new Map<NameKey, Map<number, Answer>>();
  /** Names above all Services, and the apex. */
  readonly #fixed: ReadonlyMap<NameKey, Records>;
  #serial = 1;
  #soa: Buffer;

  /** Throws a RangeError where `zone` is not a name. */
  constructor({ zone, ttl }: ZoneOptions) {
    this.#ttl = ttl;
    this.#zone = parseName(zone);
    this.#soa = this.#soaData();
    const version = record(pointer(), TYPE.TXT, SCHEMA_TTL, textData(SCHEMA_VERSION));
    const server = record(pointer(), TYPE.NS, ttl, Buffer.from(`${this.#server()}\0`, 'latin1'));
    this.#fixed = new Map([
      [this.#zone, new Map([[TYPE.NS, () => new RecordSet(rowsOf([server]))]])],
      [this.#below('dns-version'), new Map([[TYPE.TXT, () => new RecordSet(rowsOf([version]))]])],
      [this.#below('ns', 'dns'), new Map()],
      [this.#below('dns'), new Map()],
      [this.#below('svc'), new Map()],
    ]);
  }

  /** Services with a ServiceImport. */
  get services(): number {
    let count = 0;
    for (const each of this.#namespaces.values()) count += each;
    return count;
  }

  /** Names that answers have been written for. */
  get names(): number {
    return this.#answers.size;
  }

  /** An import came, changed or went. */
  importChanged(before: SlimImport | undefined, after: SlimImport | undefined): void {
    const key = (after ?? before)?.key;
    if (key === undefined) return;
    this.#change(key, 'import', (entry) => {
      const { namespace } = splitKey(key);
      const count = (this.#namespaces.get(namespace) ?? 0) + (after ? 1 : 0) - (entry.import ? 1 : 0);
      if (count > 0) this.#namespaces.set(namespace, count);
      else this.#namespaces.delete(namespace);
      entry.import = after;
    });
  }

  /** A slice came, changed or went; its label may have changed from one Service to another. */
  sliceChanged(name: string, before: SlimSlice | undefined, after: SlimSlice | undefined): void {
    if (before && before.key !== after?.key) this.#change(before.key, 'slice', (entry) => entry.slices.delete(name));
    if (after) this.#change(after.key, 'slice', (entry) => entry.slices.set(name, after));
  }

  /** What a name (in lower case) and type come to. */
  answer(name: NameKey, type: number): Answer {
    const known = this.#answers.get(name)?.get(type);
    if (known) return known;
    if (!this.covers(name)) return NOT_OURS;
    if (name === this.#zone && type === TYPE.SOA) return this.#apexSoa();
    const records = this.#lookup(name);
    if (!records) return { rcode: RCODE.NXDOMAIN, authoritative: true, authority: this.#authority(name) };
    const set = type === TYPE.ANY ? anyOf(records, this.#ttl) : records.get(type)?.();
    if (!set) return { rcode: RCODE.NOERROR, authoritative: true, authority: this.#authority(name) };
    const answer: Answer = { rcode: RCODE.NOERROR, authoritative: true, records: set };
    this.#remember(name, type, answer);
    return answer;
  }

  #change(key: ServiceKey, what: 'import' | 'slice', change: (entry: Entry) => void): void {
    const entry = this.#services.get(key) ?? {
      import: undefined,
      slices: new Map(),
      names: undefined,
      asked: new Set(),
    };
    change(entry);
    // The answers of a Service with a clusterset IP say nothing of its endpoints.
    if (what === 'import' || entry.import?.headless) this.#forget(entry);
    if (entry.import || entry.slices.size > 0) this.#services.set(key, entry);
    else this.#services.delete(key);
    this.#serial = (this.#serial + 1) >>> 0;
    this.#soa = this.#soaData();
  }

  #forget(entry: Entry): void {
    for (const name of entry.asked) this.#answers.delete(name);
    entry.asked.clear();
    entry.names = undefined;
  }

  /** Whether a name (in lower case) is the zone or below it. */
  covers(name: NameKey): boolean {
    if (!name.endsWith(this.#zone)) return false;
    // The bytes of the zone's name may stand inside of a label as well.
    const end = name.length - this.#zone.length;
    let at = 0;
    while (at < end) at += name.charCodeAt(at) + 1;
    return at === end;
  }

  /** Records of a name; undefined where there is no such name. Names outside the zone never get here. */
  #lookup(name: NameKey): Records | undefined {
    const fixed = this.#fixed.get(name);
    if (fixed) return fixed;
    const labels = labelsOf(name.slice(0, name.length - this.#zone.length));
    if (labels.pop() !== 'svc') return undefined;
    const namespace = labels.pop() ?? '';
    const service = labels.pop();
    if (service === undefined) return this.#namespaces.has(namespace) ? new Map() : undefined;
    const entry = this.#services.get(`${namespace}/${service}`);
    if (!entry?.import) return undefined;
    entry.names ??= new ServiceNames(
      { import: entry.import, slices: entry.slices },
      this.#below(service, namespace, 'svc'),
      this.#ttl,
    );
    return entry.names.lookup(labels);
  }

  /** Keeps an answer; only those with records are kept, so what there is bounds what is kept. */
  #remember(name: NameKey, type: number, answer: Answer): void {
    const answers = this.#answers.get(name) ?? new Map<number, Answer>();
    answers.set(type, answer);
    this.#answers.set(name, answers);
    const labels = labelsOf(name.slice(0, name.length - this.#zone.length));
    const [service, namespace] = labels.slice(-3);
    this.#services.get(`${namespace}/${service}`)?.asked.add(name);
  }

  #below(...labels: string[]): NameKey {
    return keyOf(labels) + this.#zone;
  }

  #server(): NameKey {
    return this.#below('ns', 'dns');
  }

  #soaData(): Buffer {
    return soaData({
      mname: this.#server(),
      rname: this.#below('hostmaster'),
      serial: this.#serial,
      refresh: REFRESH,
      retry: RETRY,
      expire: EXPIRE,
      minimum: NEGATIVE_TTL,
    });
  }

  /** The SOA that goes with a negative answer; its TTL bounds how long that is remembered (RFC 2308, section 5). */
  #authority(name: NameKey): Buffer {
    return record(pointer(name.length - this.#zone.length), TYPE.SOA, NEGATIVE_TTL, this.#soa);
  }

  #apexSoa(): Answer {
    const records = new RecordSet(rowsOf([this.#authority(this.#zone)]));
    return { rcode: RCODE.NOERROR, authoritative: true, records };
  }
}

/** The answer to ANY: one small record that stands for all (RFC 8482, section 4.2), where there is any. */
function anyOf(records: Records, ttl: number): RecordSet | undefined {
  if (records.size === 0) return undefined;
  return new RecordSet(rowsOf([record(pointer(), TYPE.HINFO, ttl, textData('RFC8482', ''))]));
}
