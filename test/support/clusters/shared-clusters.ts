/** The real clusters, shared by all tests of a run. */
import { vi } from 'vitest';
import { CRDS } from '../../../src/api/crd-manifests.ts';
import { namespace } from './manifests.ts';
import { type Cluster, openCluster } from './real-cluster.ts';
import { sharedPlanes } from './shared-planes.ts';

/** How long a test waits for an expected state; no test asserts on time. */
const PATIENCE = { timeout: 45_000, interval: 50 };

/** The three shared clusters, with the CRDs installed. */
export async function sharedClusters(): Promise<readonly [Cluster, Cluster, Cluster]> {
  const [a, b, c] = sharedPlanes().map(openCluster);
  if (!a || !b || !c) throw new Error('three control planes are required');
  await Promise.all([a, b, c].map(installCrds));
  return [a, b, c];
}

export async function installCrds(cluster: Cluster): Promise<void> {
  await cluster.apply(...CRDS);
  const established = ['--for=condition=Established', '--timeout=30s'];
  const label = 'multicluster.x-k8s.io/release-version';
  // kubectl 1.28 fails, instead of waiting, until the conditions exist.
  await eventually(() => cluster.kubectl('wait', ...established, 'crd', '-l', label));
}

/** Removes the Lease that the controllers of other tests left. */
export async function removeLeases(clusters: readonly Cluster[]): Promise<void> {
  const named = ['-A', '--field-selector', 'metadata.name=catamaran'];
  await Promise.all(clusters.map((cluster) => cluster.kubectl('delete', 'leases', ...named)));
}

let serial = 0;

/** Creates a namespace for one test in each cluster and returns its name. */
export async function freshNamespace(clusters: readonly Cluster[], base = 'test'): Promise<string> {
  const name = `${base}-${process.pid}-${++serial}`;
  await Promise.all(clusters.map((cluster) => cluster.apply(namespace(name))));
  return name;
}

/** Retries `check` until it passes. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, PATIENCE);
}
