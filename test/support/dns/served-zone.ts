/** A zone filled from objects, and questions put to it. */
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

/** A zone, and tables that feed it as the reflectors do. */
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
    for (const object of objects) this.#table(object).upserted(this.#versioned(object));
  }

  remove(...objects: readonly JsonObject[]): void {
    for (const object of objects) this.#table(object).removed(this.#versioned(object));
  }

  /** Asks by UDP, with EDNS unless `udpBytes` is 0. */
  ask(question: string, { udpBytes = 1232 }: { readonly udpBytes?: number } = {}): Message {
    const packet = questionOf(question, udpBytes);
    const response = this.responder.respond(packet, '127.0.0.1', 'udp');
    if (!response) throw new Error(`no answer to ${question}`);
    return parseMessage(response);
  }

  #table(object: JsonObject): Store<ZoneImport> | Store<ZoneSlice> {
    return object.kind === 'ServiceImport' ? this.#imports : this.#slices;
  }

  #versioned(object: JsonObject): JsonObject {
    const metadata = object.metadata as JsonObject;
    return { ...object, metadata: { ...metadata, resourceVersion: String(++this.#version) } };
  }
}

/** `name TYPE`, relative to the zone unless it ends in a dot, as a packet. */
export function questionOf(question: string, udpBytes = 1232, id = 1): Buffer {
  const [name = '', type = ''] = question.split(' ');
  const absolute = name.endsWith('.') ? name : name === '@' ? ZONE : `${name}.${ZONE}`;
  return encodeQuery({ id, name: parseName(absolute), type: typeOf(type), ...(udpBytes > 0 && { udpBytes }) });
}

function typeOf(name: string): number {
  const known = Object.entries(TYPE).find(([each]) => each === name)?.[1];
  return known ?? Number(/^TYPE(\d+)$/.exec(name)?.[1]);
}

/** A message as cases write it. */
export function shown({ rcode, answers, additional }: Message): Expected {
  const name = rcodeName(rcode);
  if (name !== 'NOERROR' && name !== 'NXDOMAIN' && name !== 'REFUSED') throw new Error(`the answer is ${name}`);
  return {
    rcode: name,
    answers: lines(answers),
    ...(additional.length > 0 && { additional: lines(additional) }),
  };
}

/** An expectation in the order of {@link shown}. */
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
