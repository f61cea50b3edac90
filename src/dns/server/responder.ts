/** Turns query packets into response packets, for any transport. */
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
  /** Whether the zone may be served: false before the initial sync, and once the data is too old. */
  readonly current: () => boolean;
  readonly rateLimit: RateLimit;
  readonly metrics: DnsMetrics;
  readonly logger: Logger;
  readonly logQueries: boolean;
  /** Fractional milliseconds from an arbitrary origin. */
  readonly monotonic: () => number;
}

const REFUSED: Answer = { rcode: RCODE.REFUSED, authoritative: false };
const SERVFAIL: Answer = { rcode: RCODE.SERVFAIL, authoritative: false };
const BADVERS: Answer = { rcode: RCODE.BADVERS, authoritative: false };

/** Minimum interval between log lines about internal errors, in ms. */
const FAULT_LOG_MS = 60_000;

/** Responds to packets; never throws. */
export class Responder {
  readonly #options: ResponderOptions;
  #faultLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** Returns undefined if the packet must not be answered. */
  respond(packet: Buffer, client: string, transport: DnsTransport): Buffer | undefined {
    const { metrics, monotonic } = this.#options;
    const started = monotonic();
    try {
      return this.#respond(packet, client, transport, started);
    } catch (error) {
      metrics.unanswered('fault');
      if (started - this.#faultLoggedAt >= FAULT_LOG_MS) {
        this.#faultLoggedAt = started;
        this.#options.logger.error(
          { err: error, packet: packet.toString('hex') },
          'internal error, query answered with SERVFAIL',
        );
      }
      // Only a query can fail: other packets, and those over the rate limit, have returned before.
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
      this.#record(client, transport, undefined, query.rcode, started);
      return refuse(query);
    }
    const answer = this.#answer(query);
    const limit = transport === 'tcp' ? TCP_BYTES : Math.min(query.edns?.size ?? PLAIN_UDP_BYTES, EDNS_UDP_BYTES);
    // Over TCP, TC is not set even if records are left out: a response may have a part of the endpoints of a headless
    // Service (KEP-1645, DNS specification, 2.4.1), and each one has another part.
    const response = respond(query, packet, answer, { limit, truncate: transport === 'udp' });
    this.#record(client, transport, query, answer.rcode, started);
    return response;
  }

  #answer(query: Query): Answer {
    const { zone, current } = this.#options;
    if (query.edns && query.edns.version > 0) return BADVERS;
    if (query.class !== CLASS_IN || query.type === TYPE.AXFR || query.type === TYPE.IXFR) return REFUSED;
    if (!current()) return zone.covers(query.name) ? SERVFAIL : REFUSED;
    return zone.answer(query.name, query.type);
  }

  #record(client: string, transport: DnsTransport, query: Query | undefined, rcode: number, started: number): void {
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
