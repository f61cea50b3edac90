/** A zone filled from objects, and queries to it. */
import type { JsonObject } from '../../../src/api/json.ts';
import { DnsMetrics } from '../../../src/dns/server/dns-metrics.ts';
import { RateLimit } from '../../../src/dns/server/rate-limit.ts';
import { Responder } from '../../../src/dns/server/responder.ts';
import { parseName } from '../../../src/dns/wire/name.ts';
import { rcodeName, TYPE } from '../../../src/dns/wire/protocol.ts';
import {
  encodeQuery,
  type Message,
  parseMessage,
  type ResourceRecord,
  recordText,
} from '../../../src/dns/wire/wire-message.ts';
import { Zone } from '../../../src/dns/zone/zone.ts';
import { type ZoneImport, type ZoneSlice, zoneImportOf, zoneSliceOf } from '../../../src/dns/zone/zone-objects.ts';
import { Store } from '../../../src/kube/watch/store.ts';
import { silent } from '../silent-log.ts';
import type { Expected } from './cases.ts';

export const ZONE = 'clusterset.local';

/** A zone, with the stores that feed it. */
export class ServedZone {
  readonly zone = new Zone({ zone: ZONE, ttl: 5 });
  readonly metrics = new DnsMetrics();
  current = true;
  readonly responder: Responder;
  readonly #imports: Store<ZoneImport>;
  readonly #slices: Store<ZoneSlice>;
  #version = 0;

  constructor(objects: readonly JsonObject[] = [], { rateLimit = 0 }: { readonly rateLimit?: number } = {}) {
    this.#imports = new Store({
      slim: zoneImportOf,
      changed: (_, before, after) => this.zone.importChanged(before, after),
      logger: silent,
    });
    this.#slices = new Store({
      slim: zoneSliceOf,
      changed: (_, before, after) => this.zone.sliceChanged(before, after),
      logger: silent,
    });
    this.responder = new Responder({
      zone: this.zone,
      current: () => this.current,
      rateLimit: new RateLimit(rateLimit),
      metrics: this.metrics,
      logger: silent,
      logQueries: false,
      monotonic: () => performance.now(),
    });
    this.apply(...objects);
  }

  apply(...objects: readonly JsonObject[]): void {
    for (const object of objects) this.#store(object).upserted(this.#versioned(object));
  }

  remove(...objects: readonly JsonObject[]): void {
    for (const object of objects) this.#store(object).removed(this.#versioned(object));
  }

  /** Queries over UDP, with EDNS unless `udpBytes` is 0. */
  ask(question: string, { udpBytes = 1232 }: { readonly udpBytes?: number } = {}): Message {
    const packet = questionOf(question, udpBytes);
    const response = this.responder.respond(packet, '127.0.0.1', 'udp');
    if (!response) throw new Error(`no answer to ${question}`);
    return parseMessage(response);
  }

  #store(object: JsonObject): Store<ZoneImport> | Store<ZoneSlice> {
    return object.kind === 'ServiceImport' ? this.#imports : this.#slices;
  }

  #versioned(object: JsonObject): JsonObject {
    const metadata = object.metadata as JsonObject;
    return { ...object, metadata: { ...metadata, resourceVersion: String(++this.#version) } };
  }
}

/** Encodes `name TYPE`; the name is relative to the zone unless it ends in a dot. */
export function questionOf(question: string, udpBytes = 1232, id = 1): Buffer {
  const [name = '', type = ''] = question.split(' ');
  const absolute = name.endsWith('.') ? name : name === '@' ? ZONE : `${name}.${ZONE}`;
  return encodeQuery({ id, name: parseName(absolute), type: typeOf(type), ...(udpBytes > 0 && { udpBytes }) });
}

function typeOf(name: string): number {
  const known = Object.entries(TYPE).find(([each]) => each === name)?.[1];
  return known ?? Number(/^TYPE(\d+)$/.exec(name)?.[1]);
}

/** A message in the format of the cases. */
export function shown({ rcode, answers, additional }: Message): Expected {
  const name = rcodeName(rcode);
  if (name !== 'NOERROR' && name !== 'NXDOMAIN' && name !== 'REFUSED')
    throw new Error(`unexpected response code ${name}`);
  return {
    rcode: name,
    answers: lines(answers),
    ...(additional.length > 0 && { additional: lines(additional) }),
  };
}

/** Sorts an expectation as {@link shown} does. */
export function sorted({ rcode, answers, additional }: Expected): Expected {
  return { rcode, answers: [...answers].sort(), ...(additional && { additional: [...additional].sort() }) };
}

function lines(records: readonly ResourceRecord[]): string[] {
  return records
    .map((record) =>
      recordText(record)
        .replaceAll(`.${ZONE}.`, '')
        .replace(/ SRV \d+ \d+ /, ' SRV * * '),
    )
    .sort();
}
