/** Clusters in this process, and replicas of the controller. */

import { Controller } from '../../src/controller/controller.ts';
import { Metrics } from '../../src/controller/metrics.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import { UNPACED } from '../../src/runtime/pace.ts';
import type { Dice } from './dice.ts';
import { Link } from './link.ts';
import { clusterOf } from './member-name.ts';
import { type LeaseTimes, Membership, type Witness } from './membership.ts';
import { Monitor } from './monitor.ts';
import { isContested } from './program.ts';
import { ReplicaProcess } from './replica-process.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import type { VirtualTime } from './virtual-time.ts';
import { CLEAR, type Weather } from './weather.ts';

export interface FleetOptions {
  readonly time: VirtualTime;
  readonly clusters: readonly [SimulatedCluster, ...SimulatedCluster[]];
  readonly dice: Dice;
  readonly lease: LeaseTimes;
  /** Initial members. Default: all clusters. */
  readonly members?: Iterable<string>;
  readonly trace: (line: string) => void;
}

/** One replica. */
export interface Replica extends Witness {
  readonly process: ReplicaProcess;
  /** The latest link per cluster. */
  readonly links: ReadonlyMap<string, Link>;
  /** All links, including those that are closed or being replaced. */
  readonly allLinks: readonly Link[];
  readonly controller: Controller;
  /** Applies the current fleet file after `ms`. */
  follow(ms: number): void;
  /** Shuts down gracefully, releasing the Leases. */
  stop(): void;
}

/** All clusters and replicas. */
export class FaultyFleet {
  readonly monitor: Monitor;
  readonly membership: Membership;
  readonly #options: FleetOptions;
  readonly #ended = new Set<string>();
  /** Includes killed replicas. */
  readonly #all: Replica[] = [];
  #replicas: Replica[] = [];
  #started = 0;

  constructor(options: FleetOptions) {
    const { clusters, lease, time } = options;
    this.#options = options;
    const members = options.members ?? clusters.map(({ name }) => name);
    this.membership = new Membership(clusters, members, lease);
    const { namespace, name } = this.membership.config().lease;
    this.monitor = new Monitor({
      clock: time,
      apis: new Map(clusters.map((cluster) => [cluster.name, cluster.api])),
      lease: { namespace, name },
      membersOf: (cluster) => this.membership.namesOf(cluster),
      contested: (key) => isContested(key.slice(key.indexOf('/') + 1)),
    });
    for (const cluster of clusters) cluster.watchWrites(this.monitor);
  }

  /** Running or paused replicas. */
  get replicas(): readonly Replica[] {
    this.#replicas = this.#replicas.filter(({ process }) => {
      if (process.killed) this.#ended.add(process.identity);
      return !process.killed;
    });
    return this.#replicas;
  }

  /**
   * Kills all replicas, so that nothing more is written; then stops them, because Node.js retains their signal
   * listeners.
   */
  end(): void {
    for (const { process, stop } of this.#all) {
      process.kill();
      stop();
    }
  }

  /**
   * Starts a replica whose clock is off by `skewMs`. `seesDeaths`: it can tell which processes have ended. `weather`:
   * initial state of its links.
   */
  start(skewMs: number, seesDeaths: boolean, weather: Weather = CLEAR): Replica {
    const { time, clusters, dice: chance, trace } = this.#options;
    const dice = chance.fork();
    const process = new ReplicaProcess(`replica-${++this.#started}`, time, skewMs);
    const links = new Map<string, Link>();
    const all: Link[] = [];
    const stop = new AbortController();
    const logger = tracing((line) => trace(`${time.now()} ${process.identity} ${line}`));
    this.#recordMembers(process.identity);
    const controller = new Controller(this.membership.config(), {
      connect: async ({ name }) => {
        const cluster = clusters.find((each) => each.name === clusterOf(name));
        if (!cluster) throw new Error(`no cluster ${name}`);
        const link = new Link({ process, cluster, time, dice: dice.fork(), monitor: this.monitor, trace });
        const before = links.get(cluster.name);
        link.set(before?.weather ?? weather);
        links.set(cluster.name, link);
        all.push(link);
        return createKubeClient({
          cluster: name,
          access: {
            server: `https://${name}`,
            tls: {},
            credentials: staticCredentials({ token: cluster.token }),
            source: 'test',
          },
          clock: process,
          random: dice.next,
          transport: link,
        });
      },
      identity: process.identity,
      ended: (identity) => seesDeaths && this.#ended.has(identity),
      clock: process,
      random: dice.next,
      logger,
      metrics: new Metrics(),
      pace: UNPACED,
    });
    const members = () => controller.status().members.map(({ name }) => name);
    let last: readonly string[] | undefined;
    let following: Promise<void> = Promise.resolve();
    const replica: Replica = {
      process,
      links,
      allLinks: all,
      controller,
      get ended() {
        return process.killed || last !== undefined;
      },
      members: () => last ?? members(),
      follow: (ms) => {
        const due = process.sleep(ms);
        following = Promise.all([due, following]).then(async () => {
          if (stop.signal.aborted) return;
          this.#recordMembers(process.identity);
          await controller.configure(this.membership.config());
        });
      },
      stop: () => {
        last ??= members();
        stop.abort();
      },
    };
    this.#all.push(replica);
    this.#replicas.push(replica);
    void controller.run(stop.signal).then(() => {
      trace(`${time.now()} ${process.identity} ended`);
      process.kill();
    });
    return replica;
  }

  /** Records the membership configuration passed to a replica. */
  #recordMembers(identity: string): void {
    for (const { name } of this.#options.clusters) {
      this.monitor.ledger(identity, name).configured(this.membership.has(name));
    }
  }
}

/** A logger that writes to the trace, without debug messages. */
function tracing(write: (line: string) => void, about = ''): Logger {
  const say = (level: string) => (fields: object, message: string) => {
    const { err, ...rest }: { readonly err?: unknown } = fields;
    const details = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
    write(`${level}${about}: ${message}${details}${err instanceof Error ? ` (${err.message})` : ''}`);
  };
  return {
    debug: () => {},
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => tracing(write, `${about} ${Object.values(fields).join(' ')}`),
  };
}
