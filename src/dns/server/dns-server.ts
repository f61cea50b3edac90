/** The authoritative server of the clusterset zone: UDP and TCP on one address, in front of one zone. */
import { type Address, hostPort } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { messageOf } from '../../runtime/thrown.ts';
import type { Zone } from '../zone/zone.ts';
import { DnsMetrics } from './dns-metrics.ts';
import { RateLimit } from './rate-limit.ts';
import { Responder } from './responder.ts';
import { type TcpLimits, TcpListener } from './tcp.ts';
import { UdpListener } from './udp.ts';

/** What a server is made of. */
export interface DnsServerOptions {
  readonly zone: Zone;
  /** Whether what the zone holds may be told; asked for every question. */
  readonly current: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds with fractions, from any start. */
  readonly monotonic: () => number;
  /** Responses a second for each client network by UDP; 0 limits nothing. */
  readonly rateLimit: number;
  readonly logQueries?: boolean;
  readonly tcpLimits?: Partial<TcpLimits>;
}

/** Tries for a port that both UDP and TCP can have, where the system chooses it. */
const PORT_TRIES = 10;

/** Answers until it is closed. */
export class DnsServer {
  readonly metrics = new DnsMetrics();
  readonly #options: DnsServerOptions;
  readonly #responder: Responder;
  #udp: UdpListener | undefined;
  #tcp: TcpListener | undefined;

  constructor(options: DnsServerOptions) {
    this.#options = options;
    this.#responder = new Responder({
      zone: options.zone,
      current: options.current,
      rateLimit: new RateLimit(options.rateLimit),
      metrics: this.metrics,
      logger: options.logger,
      logQueries: options.logQueries ?? false,
      monotonic: options.monotonic,
    });
  }

  /** Open TCP connections. */
  get connections(): number {
    return this.#tcp?.connections ?? 0;
  }

  /**
   * Listens by UDP and TCP on one address; port 0 lets the system choose one.
   *
   * @throws CTM_LISTEN where it cannot be had.
   */
  async listen({ host, port }: Address): Promise<Address> {
    for (let tries = 1; ; tries++) {
      const { clock, tcpLimits } = this.#options;
      const tcp = new TcpListener({
        respond: (packet, client) => this.#responder.respond(packet, client, 'tcp'),
        clock,
        ...(tcpLimits && { limits: tcpLimits }),
      });
      const udp = new UdpListener({
        respond: (packet, client) => this.#responder.respond(packet, client, 'udp'),
        notSent: () => this.metrics.unanswered('not-sent'),
      });
      try {
        const had = await tcp.listen(host, port);
        await udp.listen(host, had);
        [this.#tcp, this.#udp] = [tcp, udp];
        return { host, port: had };
      } catch (cause) {
        await Promise.all([tcp.close(), udp.close()]);
        if (port === 0 && tries < PORT_TRIES) continue;
        const why = messageOf(cause);
        throw new CatamaranError('CTM_LISTEN', `--listen ${hostPort({ host, port })}: ${why}`, { cause });
      }
    }
  }

  /** Answers what has come, then ends. */
  async close(): Promise<void> {
    await Promise.all([this.#tcp?.close(), this.#udp?.close()]);
  }
}
