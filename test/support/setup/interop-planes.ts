/** Two real control planes without pods, for the programs of other projects that read imports. */
import type { TestProject } from 'vitest/node';
import { startControlPlanes } from '../../../tools/controlplane/index.ts';
import { asData } from './control-planes.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const planes = await startControlPlanes({ count: 2 });
  project.provide('controlPlanes', [await Promise.all(planes.map(asData))]);
  return async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
  };
}
