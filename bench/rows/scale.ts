import type { Shape } from '../harness/sources.ts';
import { MISDEEDS, type MisdeedName } from '../hostile/misdeed-name.ts';
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
  readonly fleet500: MembersShape;
  /** For merge. */
  readonly merges: Omit<SharedNamespaceShape, 'silentMember'>;
  readonly mergeRounds: number;
  /** For storm. */
  readonly storm: MembersShape;
  /** For hostile: honest members, and the time that each misdeed lasts. */
  readonly hostile: Pick<MembersShape, 'members' | 'group'> & {
    readonly misdeeds: readonly MisdeedName[];
    readonly seconds: number;
  };
}

const ALL_MISDEEDS = Object.keys(MISDEEDS) as MisdeedName[]; // the keys of a constant

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
  fleet500: { members: 500, group: 10, services: 60, endpoints: 600, exported: 60, imported: 6 },
  merges: { members: 100, names: 10, exporters: 2, endpoints: 10 },
  mergeRounds: 300,
  storm: { members: 100, group: 100, services: 8, endpoints: 80, exported: 8, imported: 8, names: 400 },
  hostile: { members: 3, group: 3, misdeeds: ALL_MISDEEDS, seconds: 30 },
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
  fleet500: { members: 110, group: 10, services: 60, endpoints: 600, exported: 60, imported: 6 },
  merges: { members: 20, names: 4, exporters: 2, endpoints: 10 },
  mergeRounds: 50,
  storm: { members: 20, group: 20, services: 8, endpoints: 80, exported: 8, imported: 8, names: 80 },
  hostile: { members: 3, group: 3, misdeeds: ALL_MISDEEDS, seconds: 8 },
};

/** Logs one line of progress. */
export type Log = (line: string) => void;

/** Exported headless Services with five slices each. */
export function bulk(namespace: string, { services }: Scale): Shape {
  return { namespace, services, slicesPerService: 5, endpoints: 10, headless: true, exported: true };
}
