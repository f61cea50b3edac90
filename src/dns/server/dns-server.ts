/** The authoritative server of the clusterset zone: UDP and TCP on one address, in front of one zone. */
import { type Address, hostPort } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { messageOf } from '../../runtime/thrown.ts';
import type { Zone } from '../zone/zone.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import { RateLimit } from './rate-limit.ts';
import { Responder } from './responder.ts';
import { openTcpListener, type TcpLimits } from './tcp.ts';
import { openUdpListener } from './udp.ts';

export interface DnsServerOptions {
  readonly zone: Zone;
  /** Whether what the zone holds may be told; asked for every question. */
  readonly current: () => boolean;
  readonly metrics: DnsMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds with fractions, from any start. */
  readonly monotonic: () => number;
  /** Responses a second for each client network by UDP; 0 limits nothing. */
  readonly rateLimit: number;
  readonly logQueries?: boolean;
  readonly tcpLimits?: Partial<TcpLimits>;
}

/** Tries for a port that is free for both UDP and TCP, if the system chooses it. */
const PORT_TRIES = 10;

/** Disposing of it sends the answers that are under way, then ends. */
export interface DnsServer extends AsyncDisposable {
  readonly address: Address;
  /** Open TCP connections. */
  readonly connections: number;
}

/**
 * Listens by UDP and TCP on one address; port 0 lets the system choose one.
 *
 * @throws CTM_LISTEN if the address is not to be had.
 */
export async function openDnsServer(options: DnsServerOptions, address: Address): Promise<DnsServer> {
  const { logQueries = false, rateLimit, ...rest } = options;
  const responder = new Responder({ ...rest, logQueries, rateLimit: new RateLimit(rateLimit) });
  for (let tries = 1; ; tries++) {
    try {
      return await listen(responder, options, address);
    } catch (cause) {
      if (address.port === 0 && tries < PORT_TRIES) continue;
      throw new CatamaranError('CTM_LISTEN', `--listen ${hostPort(address)}: ${messageOf(cause)}`, { cause });
    }
  }
}

async function listen(responder: Responder, options: DnsServerOptions, { host, port }: Address): Promise<DnsServer> {
  const { clock, tcpLimits, metrics } = options;
  await using opened = new AsyncDisposableStack();
  const tcp = opened.use(
    await openTcpListener(
      {
        respond: (packet, client) => responder.respond(packet, client, 'tcp'),
        clock,
        ...(tcpLimits && { limits: tcpLimits }),
      },
      { host, port },
    ),
  );
  const address = { host, port: tcp.port };
  opened.use(
    await openUdpListener(
      {
        respond: (packet, client) => responder.respond(packet, client, 'udp'),
        notSent: () => metrics.unanswered('not-sent'),
      },
      address,
    ),
  );
  const listeners = opened.move();
  return {
    address,
    get connections() {
      return tcp.connections;
    },
    [Symbol.asyncDispose]: () => listeners.disposeAsync(),
  };
}
