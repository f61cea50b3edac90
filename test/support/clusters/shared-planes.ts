import { inject } from 'vitest';
import type { SharedControlPlane } from '../setup/control-planes.ts';

/** The control planes of this worker: test files that run at the same time have different ones. */
export function sharedPlanes(): readonly SharedControlPlane[] {
  const worker = Number(process.env.VITEST_POOL_ID);
  const planes = inject('controlPlanes')[worker - 1];
  if (!planes) throw new Error(`no control planes were started for worker ${worker}`);
  return planes;
}

/** For tests that need one. */
export function sharedPlane(): SharedControlPlane {
  const [plane] = sharedPlanes();
  if (!plane) throw new Error('no control plane was started');
  return plane;
}
