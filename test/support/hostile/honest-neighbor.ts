/** A hostile member beside an honest one that exports the same name, and a consumer of both. */
import { expect, onTestFinished, vi } from 'vitest';
import { startHostileFleet } from './hostile-fleet.ts';

export const NS = 'ns';
/** Starting clusters takes long on a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 20 };

/** cluster1 (honest) and cluster2 (hostile) export ns/web, cluster3 imports it. They end with the test. */
export async function startNeighbors() {
  const fleet = await startHostileFleet();
  onTestFinished(() => fleet[Symbol.asyncDispose]());
  const [honest, hostile, consumer] = ['cluster1', 'cluster2', 'cluster3'].map((name) => fleet.cluster(name));
  if (!honest || !hostile || !consumer) throw new Error('three clusters are required');
  consumer.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } });
  for (const cluster of [honest, hostile]) cluster.export(NS, 'web', [1]);
  await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1), hostile.pod(1)]), PATIENCE);
  return { fleet, honest, hostile, consumer };
}
