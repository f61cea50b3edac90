/** From the bytes of a question to the bytes of its answer, whatever brought them. */
import type { Logger } from '../../runtime/logger.ts';
import { nameText } from '../wire/name.ts';
import {
  CLASS_IN,
  EDNS_UDP_BYTES,
  PLAIN_UDP_BYTES,
  RCODE,
  rcodeName,
  TCP_BYTES,
  TYPE,
  typeName,
} from '../wire/protocol.ts';
import { parseQuery, type Query } from '../wire/query.ts';
import { type Answer, refuse, respond, truncated } from '../wire/response.ts';
import type { Zone } from '../zone/zone.ts';
import type { DnsMetrics, DnsTransport } from './dns-metrics.ts';
import type { RateLimit } from './rate-limit.ts';

export interface ResponderOptions {
  readonly zone: Zone;
  /** Whether what the zone holds may be told: false before the first reading, and when it is too old. */
  readonly current: () => boolean;
  readonly rateLimit: RateLimit;
  readonly metrics: DnsMetrics;
  readonly logger: Logger;
  readonly logQueries: boolean;
  /** Milliseconds with fractions, from any start. */
  readonly monotonic: () => number;
}

const REFUSED: Answer = { rcode: RCODE.REFUSED, authoritative: false };
const SERVFAIL: Answer = { rcode: RCODE.SERVFAIL, authoritative: false };
const BADVERS: Answer = { rcode: RCODE.BADVERS, authoritative: false };

/** Milliseconds between two lines of the log about faults of our own. */
const FAULT_LOG_MS = 60_000;

/** Answers packets. It never throws. */
export class Responder {
  readonly #options: ResponderOptions;
  #faultLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** The response to a packet; undefined where there must be none. */
  respond(packet: Buffer, client: string, transport: DnsTransport): Buffer | undefined {
    const { metrics, monotonic } = this.#options;
    const started = monotonic();
    try {
      return this.#respond(packet, client, transport, started);
    } catch (error) {
      metrics.unanswered('fault');
      if (started - this.#faultLoggedAt >= FAULT_LOG_MS) {
        this.#faultLoggedAt = started;
        this.#options.logger.error({ err: error, packet: packet.toString('hex') }, 'a question met a fault');
      }
      // What is no query, or is over the rate, has been left alone before anything could fail.
      const [id, flags] = [packet.readUInt16BE(0), packet.readUInt16BE(2)];
      return refuse({ kind: 'refusal', id, flags, rcode: RCODE.SERVFAIL });
    }
  }

  #respond(packet: Buffer, client: string, transport: DnsTransport, started: number): Buffer | undefined {
    const { metrics, rateLimit } = this.#options;
    const query = parseQuery(packet);
    if (!query) {
      metrics.unanswered('not-a-query');
      return undefined;
    }
    const verdict = transport === 'udp' ? rateLimit.check(client, started) : 'send';
    if (verdict !== 'send') {
      metrics.unanswered('rate-limited');
      return verdict === 'truncate' && query.kind === 'query' ? truncated(query, packet) : undefined;
    }
    if (query.kind === 'refusal') {
      this.#tell(client, transport, undefined, query.rcode, started);
      return refuse(query);
    }
    const answer = this.#answer(query);
    const limit = transport === 'tcp' ? TCP_BYTES : Math.min(query.edns?.size ?? PLAIN_UDP_BYTES, EDNS_UDP_BYTES);
    // A TCP answer that leaves some out is whole all the same: a headless Service may show a part of its endpoints
    // (KEP-1645, DNS specification, 2.4.1), another part each time.
    const response = respond(query, packet, answer, { limit, truncate: transport === 'udp' });
    this.#tell(client, transport, query, answer.rcode, started);
    return response;
  }

  #answer(query: Query): Answer {
    const { zone, current } = this.#options;
    if (query.edns && query.edns.version > 0) return BADVERS;
    if (query.class !== CLASS_IN || query.type === TYPE.AXFR || query.type === TYPE.IXFR) return REFUSED;
    if (!current()) return zone.covers(query.name) ? SERVFAIL : REFUSED;
    return zone.answer(query.name, query.type);
  }

  #tell(client: string, transport: DnsTransport, query: Query | undefined, rcode: number, started: number): void {
    const { metrics, monotonic, logQueries, logger } = this.#options;
    const ms = monotonic() - started;
    metrics.answered(transport, query?.type ?? 0, rcode, ms);
    if (!logQueries) return;
    logger.info(
      {
        client,
        transport,
        ...(query && { name: nameText(query.name), type: typeName(query.type) }),
        rcode: rcodeName(rcode),
        ms,
      },
      'query',
    );
  }
}
