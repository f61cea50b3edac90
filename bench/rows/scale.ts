import type { Shape } from '../harness/sources.ts';
import type { MembersShape } from '../members/shape.ts';
import type { SharedNamespaceShape } from '../merge/shared-namespace.ts';

/** Sample counts and durations per row. */
export interface Scale {
  /** Changes per lane, for propagation and cpu. */
  readonly samples: number;
  /** Changes, for writes. */
  readonly changes: number;
  readonly churnSeconds: number;
  readonly hugeChanges: number;
  /** Services with five slices each, for fill and restart. */
  readonly services: number;
  readonly fillRounds: number;
  readonly restartRounds: number;
  /** For members. */
  readonly fleets: readonly MembersShape[];
  /** For merge. */
  readonly merges: Omit<SharedNamespaceShape, 'silentMember'>;
  readonly mergeRounds: number;
  /** For storm. */
  readonly storm: MembersShape;
}

export const FULL: Scale = {
  samples: 2_000,
  changes: 100,
  churnSeconds: 300,
  hugeChanges: 40,
  services: 1_000,
  fillRounds: 3,
  restartRounds: 4,
  fleets: [
    { members: 100, group: 10, services: 300, endpoints: 4_000, exported: 30, imported: 30 },
    { members: 100, group: 10, services: 300, endpoints: 4_000, exported: 300, imported: 30 },
  ],
  merges: { members: 100, names: 10, exporters: 2, endpoints: 10 },
  mergeRounds: 300,
  storm: { members: 100, group: 100, services: 8, endpoints: 80, exported: 8, imported: 8, names: 400 },
};

/** For development: too few samples to show anything but large differences. */
export const QUICK: Scale = {
  samples: 200,
  changes: 20,
  churnSeconds: 20,
  hugeChanges: 6,
  services: 200,
  fillRounds: 1,
  restartRounds: 2,
  fleets: [{ members: 20, group: 10, services: 300, endpoints: 4_000, exported: 30, imported: 30 }],
  merges: { members: 20, names: 4, exporters: 2, endpoints: 10 },
  mergeRounds: 50,
  storm: { members: 20, group: 20, services: 8, endpoints: 80, exported: 8, imported: 8, names: 80 },
};

/** Logs one line of progress. */
export type Log = (line: string) => void;

/** Exported headless Services with five slices each. */
export function bulk(namespace: string, { services }: Scale): Shape {
  return { namespace, services, slicesPerService: 5, endpoints: 10, headless: true, exported: true };
}
