/** fleet.yaml: the current members, and the state of removed ones. */
import type { FleetConfig } from '../../src/config/fleet-config.ts';
import { parseFleet } from '../../src/config/parse.ts';
import { clusterOf } from './member-name.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** Lease durations, in seconds. */
export interface LeaseTimes {
  readonly duration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** A replica, as far as it matters for the cleanup of a removed cluster. */
export interface Witness {
  /** Whether it was killed or stopped. */
  readonly ended: boolean;
  /** Its members, including removed clusters that are not cleaned up yet. After it has ended: those at its end. */
  members(): readonly string[];
}

/** The current fleet file. */
export class Membership {
  readonly #clusters: readonly SimulatedCluster[];
  readonly #lease: LeaseTimes;
  /** Number of changes to the member's entry, and its name, by cluster. */
  readonly #members = new Map<string, { readonly changes: number; readonly name: string }>();
  /** Further settings of the fleet, and of members by cluster. Schedules remove most of what is served all the time. */
  readonly settings: {
    spec: Readonly<Record<string, unknown>>;
    readonly members: Map<string, Readonly<Record<string, unknown>>>;
  } = { spec: { guard: { percent: 100 } }, members: new Map() };
  readonly #former = new Map<string, string[]>();
  #renames = 0;
  /** Replicas that had a removed cluster as a member. */
  readonly #witnesses = new Map<string, readonly Witness[]>();

  constructor(clusters: readonly SimulatedCluster[], members: Iterable<string>, lease: LeaseTimes) {
    this.#clusters = clusters;
    this.#lease = lease;
    for (const name of members) this.#members.set(clusterOf(name), { changes: 0, name });
  }

  /** The clusters that are members. */
  get clusters(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** The names of the members. */
  get names(): readonly string[] {
    return [...this.#members.values()].map(({ name }) => name);
  }

  /** The names that a cluster has, or had before. */
  namesOf(cluster: string): string[] {
    return [...(this.#former.get(cluster) ?? [cluster]), this.#members.get(cluster)?.name ?? cluster];
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  join(name: string): void {
    this.#witnesses.delete(name);
    this.#members.set(name, { changes: 0, name });
  }

  /** `replicas` are those currently running. A file without members would be rejected. */
  leave(name: string, replicas: readonly Witness[]): void {
    this.#members.delete(name);
    const witnesses = replicas.filter((replica) => replica.members().some((member) => clusterOf(member) === name));
    this.#witnesses.set(name, witnesses);
  }

  /** Changes the entry of the member: its CIDRs and, every second time, its connection. */
  amend(cluster: string): void {
    const { changes, name } = this.#members.get(cluster) ?? { changes: 0, name: cluster };
    this.#members.set(cluster, { changes: changes + 1, name });
  }

  /** Gives the member another name, which no member has had before. */
  rename(cluster: string): void {
    const { changes } = this.#members.get(cluster) ?? { changes: 0 };
    this.#former.set(cluster, this.namesOf(cluster));
    this.#renames++;
    this.#members.set(cluster, { changes, name: `${cluster}-v${this.#renames}` });
  }

  /**
   * Whether objects of Catamaran may remain in a cluster that is not a member, because no replica could clean it up:
   * that is done by the replicas that had it as a member, as long as they run.
   */
  mayHoldLeftovers(name: string): boolean {
    const witnesses = this.#witnesses.get(name);
    if (!witnesses) return false;
    return (
      witnesses.length === 0 ||
      witnesses.some((replica) => replica.ended && replica.members().some((member) => clusterOf(member) === name))
    );
  }

  /** The file as parsed by the controller. */
  config(): FleetConfig {
    const { duration, renewDeadline, retryPeriod } = this.#lease;
    const text = JSON.stringify({
      apiVersion: 'catamaran.dev/v1alpha1',
      kind: 'Fleet',
      spec: {
        ...this.settings.spec,
        lease: { duration: `${duration}s`, renewDeadline: `${renewDeadline}s`, retryPeriod: `${retryPeriod}s` },
        exportedLabels: { allow: ['team'] },
        members: this.#clusters.filter(({ name }) => this.has(name)).map((cluster) => this.#declaration(cluster)),
      },
    });
    return parseFleet(text, { file: '/fleet.yaml' });
  }

  #declaration({ name: cluster, number, settings, importMode }: SimulatedCluster) {
    const { changes, name } = this.#members.get(cluster) ?? { changes: 0, name: cluster };
    return {
      name,
      kubeconfig: `${cluster}-${changes >> 1}.kubeconfig`,
      podCIDRs: settings.podCIDRs,
      serviceCIDRs: settings.serviceCIDRs,
      extraCIDRs: changes % 2 === 1 ? [`192.168.${number}.0/24`] : [],
      // Users of the simulation create slices by hand.
      slices: 'Any',
      import: { mode: importMode },
      ...this.settings.members.get(cluster),
    };
  }
}
