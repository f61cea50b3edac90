/** Two real control planes without pods, for the programs of other projects that read imports. */
import type { TestProject } from 'vitest/node';
import { startControlPlanes } from '../../../tools/controlplane/index.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const planes = await startControlPlanes({ count: 2 });
  project.provide(
    'controlPlanes',
    planes.map(({ stopApiServer: _stopApi, startApiServer: _startApi, stop: _stop, ...data }) => data),
  );
  return async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
  };
}
