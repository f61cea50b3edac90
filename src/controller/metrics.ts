/** Metrics of the controller. `docs/reference/metrics.md` is generated from their definitions. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Change } from '../core/change.ts';
import { type MemberReading, registerMemberGauges } from './member-gauges.ts';
import type { Outcome } from './result.ts';

/** Upper bounds in seconds, from a local relay to a cluster after an outage. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** States of a member. Each is a series, so a transition decreases one and increases another. */
export const MEMBER_PHASES = ['ready', 'unreachable', 'unknown', 'refused'] as const;

/** Values read on each scrape. */
export interface Gauges {
  readonly phases: Readonly<Record<(typeof MEMBER_PHASES)[number], number>>;
  readonly leases: number;
  readonly members: readonly MemberReading[];
  readonly queue: { readonly depth: number; readonly retrying: number };
  /** Parts of the fleet file that are held back: names of members, or `*`. */
  readonly held: readonly string[];
}

/** The controller's metrics, in a separate registry. */
export class Metrics {
  readonly registry = new Registry();
  readonly #writes = new Counter({
    name: 'catamaran_writes_total',
    help: 'Writes to members, by result: ok; stale, the object had changed and is planned again; denied, the Lease was lost; failed.',
    labelNames: ['member', 'resource', 'op', 'result'],
    registers: [this.registry],
  });
  readonly #propagation = new Histogram({
    name: 'catamaran_propagation_seconds',
    help: 'Time from a change of exported endpoints in the source to the write in the consumer, by consumer.',
    labelNames: ['member'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #unmeasured = new Counter({
    name: 'catamaran_propagation_unmeasured_total',
    help: 'Written changes that catamaran_propagation_seconds lacks, by consumer: their time in the source is not valid, after the write, or more than an hour before it.',
    labelNames: ['member'],
    registers: [this.registry],
  });
  readonly #reconciles = new Histogram({
    name: 'catamaran_reconcile_seconds',
    help: 'Duration of one reconcile that wrote something, including its writes, by outcome.',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #watchRestarts = new Counter({
    name: 'catamaran_watch_restarts_total',
    help: 'Watches that were restarted, by reason: ended, failed, silent, expired, stalled or verify. The last three list everything again.',
    labelNames: ['member', 'resource', 'reason'],
    registers: [this.registry],
  });
  readonly #leaseFailures = new Counter({
    name: 'catamaran_lease_failures_total',
    help: "Failed attempts to acquire or renew a member's Lease, such as those without permission.",
    labelNames: ['member'],
    registers: [this.registry],
  });

  readonly #reloads = new Counter({
    name: 'catamaran_config_reloads_total',
    help: 'Changes of the fleet file, by result: applied, or rejected, in which case the last good configuration stays.',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly #reloadSuccess = new Gauge({
    name: 'catamaran_config_last_reload_successful',
    help: '1 if the fleet file is in effect as it is, 0 if it is rejected or cannot be read.',
    registers: [this.registry],
  });
  readonly #reloadedAt = new Gauge({
    name: 'catamaran_config_last_reload_success_timestamp_seconds',
    help: 'Time at which the fleet file was last applied, in seconds since the epoch.',
    registers: [this.registry],
  });

  /** The fleet file is in effect. @param now in ms since the epoch. */
  configApplied(now: number): void {
    this.#reloadSuccess.set(1);
    this.#reloadedAt.set(now / 1_000);
  }

  /** The fleet file has changed. @param now in ms since the epoch. */
  configReloaded(result: 'applied' | 'rejected', now: number): void {
    this.#reloads.inc({ result });
    if (result === 'applied') this.configApplied(now);
    else this.#reloadSuccess.set(0);
  }

  wrote(change: Change, outcome: Outcome): void {
    const result = outcome === 'applied' ? 'ok' : outcome;
    this.#writes.inc({ member: change.member, resource: change.resource, op: change.op, result });
  }

  /** @param ms milliseconds; undefined if the time of the change cannot be correct. */
  propagated(member: string, ms: number | undefined): void {
    if (ms === undefined) this.#unmeasured.inc({ member });
    else this.#propagation.observe({ member }, ms / 1000);
  }

  reconciled(outcome: Outcome | 'error', ms: number): void {
    this.#reconciles.observe({ outcome }, ms / 1000);
  }

  watchRestarted(member: string, resource: string, reason: string): void {
    this.#watchRestarts.inc({ member, resource, reason });
  }

  leaseFailed(member: string): void {
    this.#leaseFailures.inc({ member });
  }

  /** Registers the gauge of the objects of inventories. */
  inventory(read: () => { readonly rejected: readonly unknown[]; readonly accepted: number }): void {
    new Gauge({
      name: 'catamaran_inventory_members',
      help: 'Secrets and ClusterProfiles of the inventories: accepted, or rejected, of which the log and /readyz have the problem.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        const { rejected, accepted } = read();
        this.set({ state: 'accepted' }, accepted);
        this.set({ state: 'rejected' }, rejected.length);
      },
    });
  }

  /** Registers gauges, whose values are read on each scrape. */
  gauge(read: () => Gauges): void {
    const registers = [this.registry];
    registerMemberGauges(this.registry, () => read().members);
    new Gauge({
      name: 'catamaran_members',
      help: 'Members by state: ready, unreachable, unknown (never listed) or refused (the same cluster as another member, or over its budget).',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, count] of Object.entries(read().phases)) this.set({ state }, count);
      },
    });
    new Gauge({
      name: 'catamaran_leases_held',
      help: 'Members whose Lease this replica holds.',
      registers,
      collect() {
        this.set(read().leases);
      },
    });
    new Gauge({
      name: 'catamaran_config_held',
      help: 'Parts of the fleet file that are held back until the edit is confirmed: 1 for each member, or * for the settings of all members.',
      labelNames: ['member'],
      registers,
      collect() {
        this.reset();
        for (const member of read().held) this.set({ member }, 1);
      },
    });
    new Gauge({
      name: 'catamaran_queue_depth',
      help: 'Keys in the queue: active, waiting or in progress; retrying, waiting for their next try.',
      labelNames: ['state'],
      registers,
      collect() {
        const { queue } = read();
        this.set({ state: 'active' }, queue.depth);
        this.set({ state: 'retrying' }, queue.retrying);
      },
    });
  }
}
