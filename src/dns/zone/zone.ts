/**
 * The clusterset zone of one cluster: names to answers, from its ServiceImports and imported EndpointSlices. Pure data:
 * no socket, no clock. Answers are written when a name is first asked for, and kept until its Service changes.
 */
import { type ServiceKey, serviceKey, splitKey } from '../../api/meta.ts';
import { fits, keyOf, labelsOf, type NameKey, nameBytes, parseName } from '../wire/name.ts';
import { RCODE, type Rcode, TYPE } from '../wire/protocol.ts';
import type { Answer } from '../wire/response.ts';
import { pointer, RecordSet, record, rowsOf, soaData, textData } from './record-set.ts';
import { type Records, ServiceNames } from './service-records.ts';
import type { ZoneImport, ZoneSlice } from './zone-objects.ts';

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

/** Everything that is known of one Service, and the names of it that answers are kept for. */
interface Entry {
  import: ZoneImport | undefined;
  slices: readonly ZoneSlice[];
  kept: readonly NameKey[];
}

/** An answer that was written before, without its authority, and one for the same name and another type. */
interface Kept extends Answer {
  readonly type: number;
  readonly next: Kept | undefined;
}

/** Types that clients ask for all the time. That there are none of another type is looked up anew each time. */
const COMMON: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.SRV]);

/** Services whose endpoints are kept taken together, for names that have no answer that could be kept. */
const RECENT = 64;

const NONE: readonly never[] = [];

const NOT_OURS: Answer = { rcode: RCODE.REFUSED, authoritative: false };

export class Zone {
  readonly #ttl: number;
  readonly #zone: NameKey;
  readonly #services = new Map<ServiceKey, Entry>();
  /** How many imports each namespace has. */
  readonly #namespaces = new Map<string, number>();
  /** Names that exist, with the answers written for them. */
  readonly #answers = new Map<NameKey, Kept>();
  /** The one that was looked at last comes last. */
  readonly #recent = new Map<ServiceKey, ServiceNames>();
  /** Names above all Services, and the apex. */
  readonly #fixed: ReadonlyMap<NameKey, Records>;
  #serial = 1;
  /** By the bytes of a name in front of the zone's; of one serial. */
  readonly #authorities = new Map<number, string>();

  /** Names of the SOA record: the server, and the mailbox of who runs it. */
  readonly #server: NameKey;
  readonly #mailbox: NameKey;

  /** Throws a RangeError where `zone` is not a name, or too long for the names in it. */
  constructor({ zone, ttl }: ZoneOptions) {
    this.#ttl = ttl;
    this.#zone = parseName(zone);
    this.#server = this.#below('ns', 'dns');
    this.#mailbox = this.#below('hostmaster');
    const version = record(pointer(), TYPE.TXT, SCHEMA_TTL, textData(SCHEMA_VERSION));
    const server = record(pointer(), TYPE.NS, ttl, nameBytes(this.#server));
    this.#fixed = new Map([
      [this.#zone, new Map([[TYPE.NS, () => new RecordSet(rowsOf([server]))]])],
      [this.#below('dns-version'), new Map([[TYPE.TXT, () => new RecordSet(rowsOf([version]))]])],
      [this.#server, new Map()],
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
  importChanged(before: ZoneImport | undefined, after: ZoneImport | undefined): void {
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
  sliceChanged(before: ZoneSlice | undefined, after: ZoneSlice | undefined): void {
    if (before && before.key !== after?.key) this.#replace(before.key, before, undefined);
    if (after) this.#replace(after.key, before, after);
  }

  /** What a name (in lower case) and type come to. */
  answer(name: NameKey, type: number): Answer {
    for (let kept = this.#answers.get(name); kept; kept = kept.next)
      if (kept.type === type) return kept.records ? kept : this.#nothing(name, RCODE.NOERROR);
    if (!this.covers(name)) return NOT_OURS;
    if (name === this.#zone && type === TYPE.SOA) return this.#apexSoa();
    const records = this.#lookup(name);
    if (!records) return this.#nothing(name, RCODE.NXDOMAIN);
    const set = type === TYPE.ANY ? anyOf(records, this.#ttl) : records.get(type)?.();
    const kept = set || COMMON.has(type) ? this.#keep(name, type, set) : undefined;
    return kept?.records ? kept : this.#nothing(name, RCODE.NOERROR);
  }

  #nothing(name: NameKey, rcode: Rcode): Answer {
    return { rcode, authoritative: true, authority: this.#authority(name) };
  }

  #replace(key: ServiceKey, before: ZoneSlice | undefined, after: ZoneSlice | undefined): void {
    this.#change(key, 'slice', (entry) => {
      const others = entry.slices.filter((slice) => slice !== before);
      entry.slices = after ? [...others, after] : others;
    });
  }

  #change(key: ServiceKey, what: 'import' | 'slice', change: (entry: Entry) => void): void {
    const entry = this.#services.get(key) ?? { import: undefined, slices: NONE, kept: NONE };
    change(entry);
    // The answers of a Service with a clusterset IP say nothing of its endpoints.
    if (what === 'import' || entry.import?.headless) {
      for (const name of entry.kept) this.#answers.delete(name);
      entry.kept = NONE;
    }
    this.#recent.delete(key);
    if (entry.import || entry.slices.length > 0) this.#services.set(key, entry);
    else this.#services.delete(key);
    this.#serial = (this.#serial + 1) >>> 0;
    this.#authorities.clear();
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
    const key = serviceKey(namespace, service);
    const entry = this.#services.get(key);
    if (!entry?.import) return undefined;
    const names =
      this.#recent.get(key) ??
      new ServiceNames(
        { import: entry.import, slices: entry.slices },
        this.#below(service, namespace, 'svc'),
        this.#ttl,
      );
    this.#recent.delete(key);
    this.#recent.set(key, names);
    const oldest = this.#recent.keys().next();
    if (this.#recent.size > RECENT && !oldest.done) this.#recent.delete(oldest.value);
    return names.lookup(labels);
  }

  /**
   * Keeps an answer. Only names that exist are kept, and few types of them, so what there is bounds what is kept. That
   * a name above all Services has no records is not: nothing says when it ends to exist.
   */
  #keep(name: NameKey, type: number, records: RecordSet | undefined): Kept | undefined {
    const labels = labelsOf(name.slice(0, name.length - this.#zone.length));
    const [service = '', namespace = '', svc] = labels.slice(-3);
    const entry = svc === undefined ? undefined : this.#services.get(serviceKey(namespace, service));
    if (!entry && !records) return undefined;
    const next = this.#answers.get(name);
    const kept: Kept = { rcode: RCODE.NOERROR, authoritative: true, records, type, next };
    this.#answers.set(name, kept);
    if (entry && !next) entry.kept = [...entry.kept, name];
    return kept;
  }

  #below(...labels: string[]): NameKey {
    const name = keyOf(labels) + this.#zone;
    if (!fits(name)) throw new RangeError(`a name of ${name.length + 1} bytes`);
    return name;
  }

  /** The SOA that goes with a negative answer; its TTL bounds how long that is remembered (RFC 2308, section 5). */
  #authority(name: NameKey): string {
    const skip = name.length - this.#zone.length;
    const known = this.#authorities.get(skip);
    if (known !== undefined) return known;
    const authority = this.#soaRecord(skip).toString('latin1');
    this.#authorities.set(skip, authority);
    return authority;
  }

  #soaRecord(skip: number): Buffer {
    const data = soaData({
      mname: this.#server,
      rname: this.#mailbox,
      serial: this.#serial,
      refresh: REFRESH,
      retry: RETRY,
      expire: EXPIRE,
      minimum: NEGATIVE_TTL,
    });
    return record(pointer(skip), TYPE.SOA, NEGATIVE_TTL, data);
  }

  #apexSoa(): Answer {
    const records = new RecordSet(rowsOf([this.#soaRecord(0)]));
    return { rcode: RCODE.NOERROR, authoritative: true, records };
  }
}

/** The answer to ANY: one small record that stands for all (RFC 8482, section 4.2), where there is any. */
function anyOf(records: Records, ttl: number): RecordSet | undefined {
  if (records.size === 0) return undefined;
  return new RecordSet(rowsOf([record(pointer(), TYPE.HINFO, ttl, textData('RFC8482', ''))]));
}
