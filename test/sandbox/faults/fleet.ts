/** Clusters in this process, and replicas of the controller over them. */
import type { Logger } from '../../../src/api/runtime.ts';
import { Controller } from '../../../src/controller/controller.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { type FleetConfig, parseFleet } from '../../../src/fleet/config.ts';
import { staticCredentials } from '../../../src/kube/credentials.ts';
import { createKubeClient } from '../../../src/kube/http.ts';
import type { Cluster } from './cluster.ts';
import type { Dice } from './dice.ts';
import { Link } from './link.ts';
import { Monitor } from './monitor.ts';
import { isContested } from './program.ts';
import { ReplicaProcess } from './replica.ts';
import type { VirtualTime } from './virtualTime.ts';
import { CLEAR, type Weather } from './weather.ts';

/** Times of the Leases, in seconds. */
export interface LeaseTimes {
  readonly duration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** What a fleet is made of. */
export interface FleetOptions {
  readonly time: VirtualTime;
  readonly clusters: readonly [Cluster, ...Cluster[]];
  readonly dice: Dice;
  readonly lease: LeaseTimes;
  readonly trace: (line: string) => void;
}

/** One replica. */
export interface Replica {
  readonly process: ReplicaProcess;
  /** By cluster: the newest, where a connection was made anew. */
  readonly links: ReadonlyMap<string, Link>;
  readonly controller: Controller;
  /** Ends in order: the Leases are given back. */
  stop(): void;
}

/** Everything that runs. */
export class FaultyFleet {
  readonly monitor: Monitor;
  readonly #options: FleetOptions;
  readonly #config: FleetConfig;
  readonly #ended = new Set<string>();
  /** Also those that were killed. */
  readonly #all: Replica[] = [];
  #replicas: Replica[] = [];
  #started = 0;

  constructor(options: FleetOptions) {
    const { clusters, lease, time } = options;
    this.#options = options;
    this.#config = configOf(clusters, lease);
    const { namespace, name } = this.#config.lease;
    this.monitor = new Monitor({
      clock: time,
      apis: new Map(clusters.map((cluster) => [cluster.name, cluster.api])),
      lease: { namespace, name },
      contested: (key) => isContested(key.slice(key.indexOf('/') + 1)),
    });
    for (const cluster of clusters) cluster.watchWrites(this.monitor);
  }

  /** Replicas that run, or are paused. */
  get replicas(): readonly Replica[] {
    this.#replicas = this.#replicas.filter(({ process }) => {
      if (process.killed) this.#ended.add(process.identity);
      return !process.killed;
    });
    return this.#replicas;
  }

  /** Kills all, so that nothing is written any more; then stops them, since Node keeps what listens to a signal. */
  end(): void {
    for (const { process, stop } of this.#all) {
      process.kill();
      stop();
    }
  }

  /**
   * Starts a replica, whose clock is off by `skewMs`. `seesDeaths`: it knows which processes have ended. `weather` is what
   * its connections begin with.
   */
  start(skewMs: number, seesDeaths: boolean, weather: Weather = CLEAR): Replica {
    const { time, clusters, dice: chance, trace } = this.#options;
    const dice = chance.fork();
    const process = new ReplicaProcess(`replica-${++this.#started}`, time, skewMs);
    const links = new Map<string, Link>();
    const stop = new AbortController();
    const logger = tracing((line) => trace(`${time.now()} ${process.identity} ${line}`));
    const controller = new Controller(this.#config, {
      connect: async ({ name }) => {
        const cluster = clusters.find((each) => each.name === name);
        if (!cluster) throw new Error(`no cluster ${name}`);
        const link = new Link({ process, cluster, time, dice: dice.fork(), monitor: this.monitor, trace });
        const before = links.get(name);
        link.set(before?.weather ?? weather);
        links.set(name, link);
        return createKubeClient({
          cluster: name,
          access: {
            server: `https://${name}`,
            tls: {},
            credentials: staticCredentials({ token: cluster.token }),
            source: 'test',
          },
          logger,
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
    });
    const replica: Replica = { process, links, controller, stop: () => stop.abort() };
    this.#all.push(replica);
    this.#replicas.push(replica);
    void controller.run(stop.signal).then(() => {
      trace(`${time.now()} ${process.identity} ended`);
      process.kill();
    });
    return replica;
  }
}

function configOf(clusters: FleetOptions['clusters'], lease: LeaseTimes): FleetConfig {
  const seconds = (value: number) => `${value}s`;
  const text = JSON.stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    spec: {
      lease: {
        duration: seconds(lease.duration),
        renewDeadline: seconds(lease.renewDeadline),
        retryPeriod: seconds(lease.retryPeriod),
      },
      members: clusters.map((cluster) => ({
        name: cluster.name,
        kubeconfig: `${cluster.name}.kubeconfig`,
        podCIDRs: cluster.settings.podCIDRs,
        serviceCIDRs: cluster.settings.serviceCIDRs,
        import: { mode: cluster.importMode },
      })),
    },
  });
  return parseFleet(text, { file: '/fleet.yaml' });
}

/** A log that ends up in the trace, without what is told for debugging only. */
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
