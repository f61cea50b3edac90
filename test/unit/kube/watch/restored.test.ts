/** An API server whose etcd was restored from a backup, beside honest ones. */
import { afterEach, expect, it, vi } from 'vitest';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { answer, lowerVersions } from '../../../support/hostile/misdeeds.ts';

const PATIENCE = { timeout: 15_000, interval: 20 };
const NS = 'ns';

const open: HostileFleet[] = [];
afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet[Symbol.asyncDispose]();
});

it('follows a member whose resourceVersions start again lower, as source and as consumer', async () => {
  const fleet = await startHostileFleet({ clusters: 2 });
  open.push(fleet);
  const [restored, other] = ['cluster1', 'cluster2'].map((name) => fleet.cluster(name));
  if (!restored || !other) throw new Error('two clusters are required');
  // No version below becomes negative.
  restored.export(NS, 'noise', [1]);
  for (let time = 0; time < 80; time++) restored.scale(NS, 'noise', [1 + (time % 2)]);
  for (const cluster of [restored, other]) cluster.export(NS, 'web', [1]);
  const both = [restored.pod(1), other.pod(1)];
  await vi.waitFor(() => expect(other.imported(NS, 'web')).toEqual(both), PATIENCE);
  await vi.waitFor(() => expect(restored.imported(NS, 'web')).toEqual(both), PATIENCE);
  // Advances the versions, so that those after the restore are far below.
  for (let time = 0; time < 50; time++) restored.scale(NS, 'web', [1, 2 + (time % 2)]);
  await vi.waitFor(() => expect(other.imported(NS, 'web')).toHaveLength(3), PATIENCE);

  // The API server stops, etcd is restored, and the slice has other endpoints than before, at a lower version.
  restored.server.misbehave(() => true, answer(503));
  restored.server.disconnect();
  restored.scale(NS, 'web', [9]);
  await vi.waitFor(() => expect(fleet.controller.status().members[0]?.state).toBe('unreachable'), PATIENCE);
  restored.server.repent();
  restored.server.misbehave(({ verb }) => verb !== 'raw', lowerVersions(60));
  await vi.waitFor(() => expect(other.imported(NS, 'web')).toEqual([restored.pod(9), other.pod(1)]), PATIENCE);

  other.scale(NS, 'web', [5]);
  await vi.waitFor(() => expect(restored.imported(NS, 'web')).toEqual([restored.pod(9), other.pod(5)]), PATIENCE);
}, 40_000);
