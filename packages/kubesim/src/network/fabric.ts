/** Connects clients to hosts: name resolution, routing and pods combined. */
import type { Duplex } from 'node:stream';
import { familyOf } from '../workloads/address-ranges.ts';
import { addressFor, type Client } from './client.ts';
import type { PodHttp } from './pod-http.ts';
import type { Resolver } from './resolver.ts';
import type { Failure, Router, Target } from './router.ts';

/** A connection, or the reason for its failure; `unknown`: the name does not resolve. */
export type Connected =
  | { readonly stream: Duplex; readonly target: Target }
  | { readonly failure: Failure | 'unknown' };

/** Ephemeral ports of clients, assigned in turn; the range of Linux. */
const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;

export interface FabricOptions {
  readonly resolver: Resolver;
  readonly router: Router;
  readonly http: PodHttp;
}

/** The network from the perspective of clients. */
export class Fabric {
  readonly #options: FabricOptions;
  #port = FIRST_PORT;

  constructor(options: FabricOptions) {
    this.#options = options;
  }

  /** Connects to a name or address. If there are several addresses, they are tried in order, as clients do. */
  async connect(client: Client, host: string, port: number): Promise<Connected> {
    const addresses = await this.#options.resolver.resolve(client, host);
    let failure: Failure | 'unknown' = 'unknown';
    for (const address of addresses) {
      const target = this.#options.router.route(client, address, port);
      if (typeof target !== 'string')
        return { target, stream: this.#options.http.connect(target, client.view.name, this.#near(client, address)) };
      if (failure === 'unknown') failure = target;
    }
    return { failure };
  }

  /** Address and port of the client side. */
  #near(client: Client, address: string): string {
    const family = familyOf(address);
    const own = addressFor(client, family) ?? '';
    const port = this.#port;
    this.#port = port < LAST_PORT ? port + 1 : FIRST_PORT;
    return family === 'IPv6' ? `[${own}]:${port}` : `${own}:${port}`;
  }
}
