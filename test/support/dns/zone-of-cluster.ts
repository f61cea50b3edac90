/** A DNS server that follows the ServiceImports of a real cluster. */
import { DnsMetrics } from '../../../src/dns/server/dns-metrics.ts';
import { openDnsServer } from '../../../src/dns/server/dns-server.ts';
import { Zone } from '../../../src/dns/zone/zone.ts';
import { ZoneSource } from '../../../src/dns/zone/zone-source.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silent } from '../silent-log.ts';
import type { Target } from './clients.ts';
import { ZONE } from './served-zone.ts';

/** A running server. */
export interface ZoneOfCluster extends AsyncDisposable {
  readonly address: Target;
}

/** Serves the zone of the cluster that a client reaches, on a free port of 127.0.0.1. */
export async function serveZoneOf(client: KubeClient): Promise<ZoneOfCluster> {
  const stop = new AbortController();
  const zone = new Zone({ zone: ZONE, ttl: 5 });
  const shared = { zone, clock: systemClock, logger: silent };
  const source = new ZoneSource({
    ...shared,
    client,
    random: Math.random,
    staleAfterMs: Number.POSITIVE_INFINITY,
  });
  const options = {
    ...shared,
    current: () => source.current,
    metrics: new DnsMetrics(),
    monotonic: () => performance.now(),
    rateLimit: 0,
  };
  const server = await openDnsServer(options, { host: '127.0.0.1', port: 0 });
  const following = source.run(stop.signal);
  return {
    address: server.address,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      await server[Symbol.asyncDispose]();
    },
  };
}
