/**
 * Three real control planes per worker, started once for all contract and integration tests, which access them through
 * `sharedPlanes()` and install the CRDs.
 */
import type { TestProject } from 'vitest/node';
import { type ControlPlane, startControlPlanes } from '../../../tools/controlplane/index.ts';
import { type Features, featuresOf } from './features.ts';

/** A control plane as plain data, since only that can be passed to the processes that run the tests. */
export type SharedControlPlane = Omit<ControlPlane, 'stopApiServer' | 'startApiServer' | 'stop'> & {
  readonly features: Features;
};

declare module 'vitest' {
  export interface ProvidedContext {
    /** By worker: cluster1, cluster2, cluster3; pods run on fake nodes. */
    readonly controlPlanes: readonly (readonly SharedControlPlane[])[];
  }
}

export async function asData(plane: ControlPlane): Promise<SharedControlPlane> {
  const { stopApiServer: _stopApi, startApiServer: _startApi, stop: _stop, ...data } = plane;
  return { ...data, features: await featuresOf(plane) };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const workers = Array.from({ length: Number(project.config.maxWorkers) });
  const sets = await Promise.all(workers.map(() => startControlPlanes({ count: 3, kwok: true, audit: true })));
  project.provide('controlPlanes', await Promise.all(sets.map((planes) => Promise.all(planes.map(asData)))));
  return async () => {
    await Promise.all(sets.flat().map((plane) => plane.stop()));
  };
}
