/** Connections to one API server. */
import { createSecureContext, type SecureContext } from 'node:tls';
import { Pool } from 'undici';
import type { ClientCertificate, ClusterAccess } from '../kubeconfig/credentials.ts';
import { OverBudget } from './budget.ts';
import { guardedLookup } from './guarded-lookup.ts';
import type { Transport, TransportRequest, TransportResponse, Use, WebSocketStream } from './transport.ts';
import { openWebSocket } from './web-socket.ts';

/** Limits for connections to one API server. */
export interface SocketLimits {
  /** Maximum for requests. Watches and vital requests have connections of their own, so none starves the others. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Maximum number of informational (1xx) responses before the final one. */
  readonly informational: number;
}

/**
 * The client closes an idle socket before load balancers drop the connection (60 s and more). Those of many members,
 * idle since the same burst of work, must not close at once, so each origin has a time of its own.
 */
const IDLE_MS = 50_000;
const IDLE_SPREAD_MS = 15_000;

function idleMs(origin: string): number {
  const digest = [...origin].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % IDLE_SPREAD_MS, 0);
  return IDLE_MS - digest;
}
/** Delay of the first TCP keep-alive probe, which detects a vanished peer on an idle connection. */
const KEEPALIVE_PROBE_MS = 30_000;

/** A Lease renewal and a heartbeat, each of which may have been given up and repeated. */
const VITAL_CONNECTIONS = 4;

interface Pools extends Readonly<Record<Use, Pool>> {
  readonly certificate: ClientCertificate | undefined;
}

/**
 * Pools of HTTP/1.1 connections. A new client certificate gets new pools; the old ones close after their last request.
 */
export class SocketTransport implements Transport {
  readonly #access: ClusterAccess;
  readonly #limits: SocketLimits;
  readonly #origin: string;
  readonly #base: string;
  #pools: Pools | undefined;
  #closed = false;

  constructor(access: ClusterAccess, limits: SocketLimits) {
    const url = new URL(access.server);
    this.#access = access;
    this.#limits = limits;
    this.#origin = url.origin;
    this.#base = url.pathname.replace(/\/+$/, '');
  }

  async send(use: Use, request: TransportRequest): Promise<TransportResponse> {
    const pool = await this.#poolFor(use);
    return pool.request({ ...request, path: this.#base + request.path, onInfo: this.#countingInformational() });
  }

  async openWebSocket(
    request: Pick<TransportRequest, 'path' | 'headers' | 'signal'>,
    protocol: string,
  ): Promise<WebSocketStream> {
    const dispatcher = await this.#poolFor('watches');
    return openWebSocket(new URL(this.#base + request.path, this.#origin), { ...request, protocol, dispatcher });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.requests.destroy(), pools?.watches.destroy(), pools?.vital.destroy()]);
  }

  async #poolFor(use: Use): Promise<Pool> {
    const certificate = await this.#access.credentials.certificate();
    if (this.#closed) throw new Error('the client is closed');
    if (!this.#pools || !sameCertificate(this.#pools.certificate, certificate)) this.#renew(certificate);
    const pool = this.#pools?.[use];
    if (!pool) throw new Error('the client is closed');
    return pool;
  }

  /** A server may send any number of them, each of which resets no timeout and has to be parsed. */
  #countingInformational(): () => void {
    let left = this.#limits.informational;
    return () => {
      if (left-- <= 0) throw new OverBudget(`more than ${this.#limits.informational} informational responses`);
    };
  }

  #renew(certificate: ClientCertificate | undefined): void {
    const old = this.#pools;
    const { ca } = this.#access.tls;
    // Parsing the certificates takes milliseconds, and Node.js would do so for every connection.
    const context = createSecureContext({ ...(ca !== undefined && { ca }), ...certificate });
    this.#pools = {
      certificate,
      requests: this.#pool(context, this.#limits.connections),
      watches: this.#pool(context, null),
      vital: this.#pool(context, VITAL_CONNECTIONS),
    };
    // Not awaited: a watch may stay on its old connection until its time is up.
    void old?.requests.close();
    void old?.watches.close();
    void old?.vital.close();
  }

  #pool(secureContext: SecureContext, connections: number | null): Pool {
    const { tls, trust } = this.#access;
    const { serverName, insecure = false } = tls;
    return new Pool(this.#origin, {
      connections,
      allowH2: false,
      // The client has timeouts of its own, and a watch may be silent for a minute.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs(this.#origin),
      keepAliveMaxTimeout: idleMs(this.#origin),
      connect: {
        allowH2: false,
        timeout: this.#limits.connectTimeoutMs,
        keepAlive: true,
        keepAliveInitialDelay: KEEPALIVE_PROBE_MS,
        secureContext,
        ...(serverName !== undefined && { servername: serverName }),
        // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED has no effect.
        rejectUnauthorized: !insecure,
        ...(trust === 'stored' && { lookup: guardedLookup() }),
      },
    });
  }
}

function sameCertificate(a: ClientCertificate | undefined, b: ClientCertificate | undefined): boolean {
  return a?.cert === b?.cert && a?.key === b?.key;
}
