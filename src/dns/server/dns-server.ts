/** The authoritative server of the clusterset zone, on UDP and TCP. */
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
  /** Whether the zone may be served; called for every query. */
  readonly current: () => boolean;
  readonly metrics: DnsMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fractional milliseconds from an arbitrary origin. */
  readonly monotonic: () => number;
  /** UDP responses per second and client network; 0 disables the limit. */
  readonly rateLimit: number;
  readonly logQueries?: boolean;
  readonly tcpLimits?: Partial<TcpLimits>;
}

/** Attempts to find a port that is free for both UDP and TCP, if the port is 0. */
const PORT_TRIES = 10;

/** Disposal sends pending responses before it closes the sockets. */
export interface DnsServer extends AsyncDisposable {
  readonly address: Address;
  /** Open TCP connections. */
  readonly connections: number;
}

/**
 * Listens on UDP and TCP; with port 0, the system chooses the port.
 *
 * @throws CTM_LISTEN if it cannot listen on the address.
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
