/** Metrics with one series per member, or a few. Their values are read on each scrape, and cost no walk over objects. */
import { Gauge, type Registry } from 'prom-client';
import type { MemberState } from '../fleet/member-state.ts';

/** Counts by the value of a label. */
export type Counts = readonly (readonly [value: string, count: number])[];

/** What the metrics have of one member. */
export interface MemberReading {
  readonly name: string;
  readonly state: MemberState['phase'];
  /** In ms since the epoch; absent if it never responded. */
  readonly lastSeen?: number;
  readonly leaseHeld: boolean;
  readonly objects: Counts;
  readonly setAside: Counts;
  readonly exports: Counts;
  readonly conflicts: number;
  readonly imports: Counts;
  readonly endpoints: Counts;
  readonly shared: Counts;
  readonly troubled: readonly TroubledObject[];
}

/** An export or import with a problem. */
export interface TroubledObject {
  readonly kind: 'ServiceExport' | 'ServiceImport';
  /** `namespace/name` */
  readonly object: string;
  readonly reason: string;
}

interface Row {
  readonly name: string;
  readonly help: string;
  /** Absent: one series per member. */
  readonly label?: string;
  readonly read: (member: MemberReading) => Counts | number | undefined;
}

const ROWS: readonly Row[] = [
  {
    name: 'catamaran_member_up',
    help: '1 if the API server of the member responds and everything has been listed, else 0.',
    read: ({ state }) => Number(state === 'ready'),
  },
  {
    name: 'catamaran_member_state',
    help: '1 for the state of the member: ready, unreachable, unknown (never listed) or refused (the same cluster as another member, or over its budget).',
    label: 'state',
    read: ({ state }) => [[state, 1]],
  },
  {
    name: 'catamaran_member_last_seen_timestamp_seconds',
    help: 'Time at which the API server of the member last responded, in seconds since the epoch; absent if it never did.',
    read: ({ lastSeen }) => (lastSeen === undefined ? undefined : lastSeen / 1_000),
  },
  {
    name: 'catamaran_member_lease_held',
    help: '1 if this replica holds the Lease of the member and writes to it, else 0.',
    read: ({ leaseHeld }) => Number(leaseHeld),
  },
  {
    name: 'catamaran_objects',
    help: 'Objects in memory, by member and kind.',
    label: 'kind',
    read: ({ objects }) => objects,
  },
  {
    name: 'catamaran_member_objects_set_aside',
    help: 'Objects that are ignored because they do not fit the schema of their resource, by member and resource.',
    label: 'resource',
    read: ({ setAside }) => setAside,
  },
  {
    name: 'catamaran_exports',
    help: 'ServiceExports by member and by their condition Valid: valid, invalid or pending (not set yet).',
    label: 'state',
    read: ({ exports }) => exports,
  },
  {
    name: 'catamaran_export_conflicts',
    help: 'ServiceExports whose condition Conflict is True, by member.',
    read: ({ conflicts }) => conflicts,
  },
  {
    name: 'catamaran_imports',
    help: 'ServiceImports by member and by the reason of their condition Ready; reason Ready means that it is True.',
    label: 'reason',
    read: ({ imports }) => imports,
  },
  {
    name: 'catamaran_endpoints',
    help: 'Endpoints of exported Services by member: accepted, or left out because the address is special (loopback, link-local and others), in the service network of a member, of another member, in no known network of the member (unknown) or invalid.',
    label: 'result',
    read: ({ endpoints }) => endpoints,
  },
  {
    name: 'catamaran_other_implementation_objects',
    help: 'Objects by member and kind whose status another implementation of the Multi-Cluster Services API writes: ServiceImports, which are left alone, and ServiceExports, whose conditions Valid, Ready and Conflict are left to it.',
    label: 'kind',
    read: ({ shared }) => shared,
  },
];

export function registerMemberGauges(registry: Registry, readings: () => readonly MemberReading[]): void {
  for (const { name, help, label, read } of ROWS) {
    new Gauge({
      name,
      help,
      labelNames: ['member', ...(label === undefined ? [] : [label])],
      registers: [registry],
      collect() {
        // Series of members that have left must not stay.
        this.reset();
        for (const reading of readings()) {
          const value = read(reading);
          if (typeof value === 'number') this.set({ member: reading.name }, value);
          else for (const [key, count] of value ?? []) this.set({ member: reading.name, [label ?? '']: key }, count);
        }
      },
    });
  }
  new Gauge({
    name: 'catamaran_troubled_objects',
    help: 'ServiceExports with a conflict or with endpoints that are left out, and ServiceImports without endpoints, by name (namespace/name) and reason; always 1. At most 20 for each member, kind and reason.',
    labelNames: ['member', 'kind', 'object', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, troubled } of readings()) {
        for (const { kind, object, reason } of troubled) this.set({ member: name, kind, object, reason }, 1);
      }
    },
  });
}
