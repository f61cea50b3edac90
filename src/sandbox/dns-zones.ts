/** The clusterset zones of all clusters in a sandbox. */

import type { Cluster, DnsAnswer, DnsRecord, RecordType, Zone } from 'kubesim';
import { nameText } from '../dns/wire/name.ts';
import { RCODE, TYPE } from '../dns/wire/protocol.ts';
import type { ResourceRecord } from '../dns/wire/wire-message.ts';
import { createKubeClient } from '../kube/client/http-client.ts';
import { staticCredentials } from '../kube/kubeconfig/credentials.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { ClusterZone } from './dns-zone.ts';

export interface ZonesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Zones by cluster. A cluster has a zone once {@link Zones.follow} has been called with it. */
export class Zones {
  readonly #options: ZonesOptions;
  readonly #zones = new Map<string, ClusterZone>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(options: ZonesOptions) {
    this.#options = options;
  }

  /** The zone of a cluster, for the network. It returns SERVFAIL until the cluster has one. */
  of(cluster: string): Zone {
    return async ({ name, type }) => {
      const message = this.#zones.get(cluster)?.ask(name, TYPE[type]);
      const rcode = RCODES.get(message?.rcode ?? RCODE.SERVFAIL) ?? 'SERVFAIL';
      return { rcode, records: (message?.answers ?? []).flatMap(recordOf) };
    };
  }

  /** The response to a query in DNS wire format, as the cluster's DNS gives it to pods. */
  respond(cluster: string, packet: Buffer): Buffer {
    const zone = this.#zones.get(cluster);
    if (!zone) throw new Error(`cluster ${cluster} has no zone yet`);
    return zone.respond(packet);
  }

  /** Watches the clusters and serves their zones. */
  follow(clusters: readonly Cluster[]): void {
    const { clock, random, logger } = this.#options;
    for (const cluster of clusters) {
      const client = createKubeClient({
        cluster: cluster.name,
        access: {
          server: cluster.server,
          tls: {},
          credentials: staticCredentials({ token: cluster.token }),
          source: `the sandbox's ${cluster.name}`,
        },
        transport: cluster.transport(),
        clock,
        random,
      });
      const zone = new ClusterZone({ client, clock, random, logger: logger.child({ dns: cluster.name }) });
      this.#zones.set(cluster.name, zone);
      this.#running.push(zone.run(this.#stop.signal).then(() => client.close()));
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }
}

const RCODES: ReadonlyMap<number, DnsAnswer['rcode']> = new Map([
  [RCODE.NOERROR, 'NOERROR'],
  [RCODE.NXDOMAIN, 'NXDOMAIN'],
]);

const TYPES: ReadonlyMap<number, RecordType> = new Map(
  (['A', 'AAAA', 'PTR', 'SRV'] as const).map((name) => [TYPE[name], name]),
);

/** A record of a DNS message in the form that the network uses, without the trailing dot. */
function recordOf({ name, type, data }: ResourceRecord): DnsRecord[] {
  const known = TYPES.get(type);
  return known ? [{ name: nameText(name).replace(/\.$/, ''), type: known, data: data.replace(/\.$/, '') }] : [];
}
