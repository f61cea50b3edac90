/**
 * The clusterset zone of one cluster: maps names to answers, from ServiceImports and imported EndpointSlices. Pure
 * data: no sockets, no clock. Answers are encoded on the first query for a name and cached until its Service changes.
 */
import { type ServiceKey, serviceKey, splitKey } from '../../api/meta.ts';
import { fits, keyOf, labelsOf, type NameKey, nameBytes, parseName } from '../wire/name.ts';
import { RCODE, type Rcode, TYPE } from '../wire/protocol.ts';
import type { Answer } from '../wire/response.ts';
import { pointer, RecordSet, record, rowsOf, soaData, textData } from './record-set.ts';
import { type Records, ServiceNames } from './service-records.ts';
import type { ZoneImport, ZoneSlice } from './zone-objects.ts';

/** Schema version of the zone (KEP-1645, DNS specification, 1 and 2.2). */
const SCHEMA_VERSION = '1.0.0';
const SCHEMA_TTL = 28_800;

/** Seconds. Short, since clients may query a Service before it appears. */
const NEGATIVE_TTL = 5;

/** SOA timers in seconds, for secondaries. Unused, since zone transfers are refused. */
const REFRESH = 7200;
const RETRY = 1800;
const EXPIRE = 86_400;

export interface ZoneOptions {
  /** `clusterset.local` */
  readonly zone: string;
  /** TTL of address and SRV records, in seconds. */
  readonly ttl: number;
}

/** The objects of one Service, and its names with cached answers. */
interface Entry {
  import: ZoneImport | undefined;
  slices: readonly ZoneSlice[];
  cachedNames: readonly NameKey[];
}

/** A cached answer without its authority section; `next` is one for the same name and another type. */
interface Cached extends Answer {
  readonly type: number;
  readonly next: Cached | undefined;
}

/** Types that clients query all the time. For other types, NODATA is not cached. */
const COMMON: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.SRV]);

/** Number of Services with cached endpoint indexes, for queries whose answers are not cached. */
const RECENT = 64;

const NONE: readonly never[] = [];

const OUTSIDE: Answer = { rcode: RCODE.REFUSED, authoritative: false };

export class Zone {
  readonly #ttl: number;
  readonly #zone: NameKey;
  readonly #services = new Map<ServiceKey, Entry>();
  /** Number of imports per namespace. */
  readonly #namespaces = new Map<string, number>();
  /** Cached answers of existing names. */
  readonly #answers = new Map<NameKey, Cached>();
  /** In order of use, the most recent last. */
  readonly #recent = new Map<ServiceKey, ServiceNames>();
  /** The apex, and names above or outside the Services. */
  readonly #fixed: ReadonlyMap<NameKey, Records>;
  #serial = 1;
  /** SOA records for the current serial, by the number of bytes in front of the zone's name. */
  readonly #authorities = new Map<number, string>();

  /** MNAME and RNAME of the SOA record. */
  readonly #server: NameKey;
  readonly #mailbox: NameKey;

  /** @throws RangeError if `zone` is not a valid name, or too long for the names below it. */
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

  /** Number of ServiceImports. */
  get services(): number {
    let count = 0;
    for (const each of this.#namespaces.values()) count += each;
    return count;
  }

  /** Number of names with cached answers. */
  get names(): number {
    return this.#answers.size;
  }

  /** `before` is undefined for a new import, `after` for a deleted one. */
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

  /** `before` is undefined for a new slice, `after` for a deleted one. Its Service label may have changed. */
  sliceChanged(before: ZoneSlice | undefined, after: ZoneSlice | undefined): void {
    if (before && before.key !== after?.key) this.#replace(before.key, before, undefined);
    if (after) this.#replace(after.key, before, after);
  }

  /** @param name in lower case. */
  answer(name: NameKey, type: number): Answer {
    for (let cached = this.#answers.get(name); cached; cached = cached.next)
      if (cached.type === type) return cached.records ? cached : this.#negative(name, RCODE.NOERROR);
    if (!this.covers(name)) return OUTSIDE;
    if (name === this.#zone && type === TYPE.SOA) return this.#apexSoa();
    const records = this.#lookup(name);
    if (!records) return this.#negative(name, RCODE.NXDOMAIN);
    const set = type === TYPE.ANY ? anyOf(records, this.#ttl) : records.get(type)?.();
    const cached = set || COMMON.has(type) ? this.#cache(name, type, set) : undefined;
    return cached?.records ? cached : this.#negative(name, RCODE.NOERROR);
  }

  #negative(name: NameKey, rcode: Rcode): Answer {
    return { rcode, authoritative: true, authority: this.#authority(name) };
  }

  #replace(key: ServiceKey, before: ZoneSlice | undefined, after: ZoneSlice | undefined): void {
    this.#change(key, 'slice', (entry) => {
      const others = entry.slices.filter((slice) => slice !== before);
      entry.slices = after ? [...others, after] : others;
    });
  }

  #change(key: ServiceKey, kind: 'import' | 'slice', change: (entry: Entry) => void): void {
    const entry = this.#services.get(key) ?? { import: undefined, slices: NONE, cachedNames: NONE };
    change(entry);
    // Answers for a Service with a clusterset IP do not depend on its endpoints.
    if (kind === 'import' || entry.import?.headless) {
      for (const name of entry.cachedNames) this.#answers.delete(name);
      entry.cachedNames = NONE;
    }
    this.#recent.delete(key);
    if (entry.import || entry.slices.length > 0) this.#services.set(key, entry);
    else this.#services.delete(key);
    this.#serial = (this.#serial + 1) >>> 0;
    this.#authorities.clear();
  }

  /** Whether a name is the zone or below it. @param name in lower case. */
  covers(name: NameKey): boolean {
    if (!name.endsWith(this.#zone)) return false;
    // The match may be inside a label, so check that it starts at a label boundary.
    const end = name.length - this.#zone.length;
    let at = 0;
    while (at < end) at += name.charCodeAt(at) + 1;
    return at === end;
  }

  /** Records of a name in the zone; undefined if the name does not exist. */
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
   * Caches an answer. Only existing names and few types are cached, so the objects bound the size of the cache. NODATA
   * for names above the Services is not cached, since no change of an object would evict it.
   */
  #cache(name: NameKey, type: number, records: RecordSet | undefined): Cached | undefined {
    const labels = labelsOf(name.slice(0, name.length - this.#zone.length));
    const [service = '', namespace = '', svc] = labels.slice(-3);
    const entry = svc === undefined ? undefined : this.#services.get(serviceKey(namespace, service));
    if (!entry && !records) return undefined;
    const next = this.#answers.get(name);
    const cached: Cached = { rcode: RCODE.NOERROR, authoritative: true, records, type, next };
    this.#answers.set(name, cached);
    if (entry && !next) entry.cachedNames = [...entry.cachedNames, name];
    return cached;
  }

  #below(...labels: string[]): NameKey {
    const name = keyOf(labels) + this.#zone;
    if (!fits(name)) throw new RangeError(`name of ${name.length + 1} bytes`);
    return name;
  }

  /** The SOA record of a negative answer; its TTL limits negative caching (RFC 2308, section 5). */
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

/** The answer to ANY: one HINFO record in place of all (RFC 8482, section 4.2); undefined without records. */
function anyOf(records: Records, ttl: number): RecordSet | undefined {
  if (records.size === 0) return undefined;
  return new RecordSet(rowsOf([record(pointer(), TYPE.HINFO, ttl, textData('RFC8482', ''))]));
}
