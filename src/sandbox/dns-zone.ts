/** The clusterset zone in the clusters of a sandbox: `catamaran dns` without its sockets. */

import { DnsMetrics } from '../dns/server/dns-metrics.ts';
import { RateLimit } from '../dns/server/rate-limit.ts';
import { Responder } from '../dns/server/responder.ts';
import { parseName } from '../dns/wire/name.ts';
import { encodeQuery, type Message, parseMessage } from '../dns/wire/wire-message.ts';
import { Zone } from '../dns/zone/zone.ts';
import { ZoneSource } from '../dns/zone/zone-source.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';

export const CLUSTERSET_DOMAIN = 'clusterset.local';
const TTL_SECONDS = 5;
const STALE_AFTER_MS = 86_400_000;

export interface ClusterZoneOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Resolves the zone from the ServiceImports and EndpointSlices of one cluster. */
export class ClusterZone {
  readonly #source: ZoneSource;
  readonly #responder: Responder;
  readonly #random: Random;

  constructor({ client, clock, random, logger }: ClusterZoneOptions) {
    const zone = new Zone({ zone: CLUSTERSET_DOMAIN, ttl: TTL_SECONDS });
    this.#random = random;
    this.#source = new ZoneSource({ client, zone, clock, random, logger, staleAfterMs: STALE_AFTER_MS });
    this.#responder = new Responder({
      zone,
      current: () => this.#source.current,
      rateLimit: new RateLimit(0),
      metrics: new DnsMetrics(),
      logger,
      logQueries: false,
      monotonic: () => performance.now(),
    });
  }

  /** Watches the cluster until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#source.run(signal);
  }

  /** Resolves one question in DNS wire format, as a resolver would send it. */
  ask(name: string, type: number): Message {
    const id = Math.floor(this.#random() * 0x1_0000);
    return parseMessage(this.respond(encodeQuery({ id, name: parseName(name), type })));
  }

  respond(packet: Buffer): Buffer {
    const answer = this.#responder.respond(packet, '127.0.0.1', 'tcp');
    if (!answer) throw new Error('no answer to a packet that is not a query');
    return answer;
  }
}
