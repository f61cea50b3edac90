/** fleet.yaml: which clusters are members, and what became of those that left. */
import type { FleetConfig } from '../../src/config/fleet-config.ts';
import { parseFleet } from '../../src/config/parse.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** Times of the Leases, in seconds. */
export interface LeaseTimes {
  readonly duration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** A replica, as far as it may clean a cluster that left. */
export interface Witness {
  /** Whether it was killed, or told to stop. */
  readonly ended: boolean;
  /** Clusters that it has as members, or that left and are not cleaned yet; as it ended, those of that moment. */
  members(): readonly string[];
}

/** The fleet file as it is now. */
export class Membership {
  readonly #clusters: readonly SimulatedCluster[];
  readonly #lease: LeaseTimes;
  /** By name: how often what is said of the member was changed. */
  readonly #members = new Map<string, number>();
  /** Of the clusters that left: the replicas that then had them as members. */
  readonly #witnesses = new Map<string, readonly Witness[]>();

  constructor(clusters: readonly SimulatedCluster[], members: Iterable<string>, lease: LeaseTimes) {
    this.#clusters = clusters;
    this.#lease = lease;
    for (const name of members) this.#members.set(name, 0);
  }

  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  join(name: string): void {
    this.#witnesses.delete(name);
    this.#members.set(name, 0);
  }

  /** `replicas` are those that run. A file without members would be refused. */
  leave(name: string, replicas: readonly Witness[]): void {
    this.#members.delete(name);
    const witnesses = replicas.filter((replica) => replica.members().includes(name));
    this.#witnesses.set(name, witnesses);
  }

  /** Changes how the member is connected to, so that replicas do so anew. */
  amend(name: string): void {
    this.#members.set(name, (this.#members.get(name) ?? 0) + 1);
  }

  /**
   * Whether something of ours may be in a cluster that is no member, since nobody was left to clean it: a cluster is cleaned
   * by those who had it as a member, as long as they run.
   */
  mayHoldLeftovers(name: string): boolean {
    const witnesses = this.#witnesses.get(name);
    if (!witnesses) return false;
    return witnesses.length === 0 || witnesses.some((replica) => replica.ended && replica.members().includes(name));
  }

  /** The file as the program reads it. */
  config(): FleetConfig {
    const { duration, renewDeadline, retryPeriod } = this.#lease;
    const text = JSON.stringify({
      apiVersion: 'catamaran.dev/v1alpha1',
      kind: 'Fleet',
      spec: {
        lease: { duration: `${duration}s`, renewDeadline: `${renewDeadline}s`, retryPeriod: `${retryPeriod}s` },
        members: this.#clusters.filter(({ name }) => this.has(name)).map((cluster) => this.#declaration(cluster)),
      },
    });
    return parseFleet(text, { file: '/fleet.yaml' });
  }

  #declaration({ name, number, settings, importMode }: SimulatedCluster) {
    return {
      name,
      kubeconfig: `${name}.kubeconfig`,
      podCIDRs: settings.podCIDRs,
      serviceCIDRs: settings.serviceCIDRs,
      extraCIDRs: (this.#members.get(name) ?? 0) % 2 === 1 ? [`192.168.${number}.0/24`] : [],
      import: { mode: importMode },
    };
  }
}
