/**
 * Real control planes on loopback: etcd, kube-apiserver, kube-controller-manager and optionally kube-scheduler with
 * fake nodes from KWOK. No root, no containers. For tests, benchmarks and `make start`: data is not synced to disk.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MAX_CLUSTERS } from './networks.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './plane.ts';
import { DEFAULT_VERSION, versionsIn } from './versions.ts';

export type { ControlPlane } from './plane.ts';

export interface ControlPlanesOptions extends ControlPlaneOptions {
  /** 1 to 15; the names are cluster1, cluster2, ... */
  readonly count: number;
  /** Directory for data, logs and kubeconfigs. Default: a new temporary directory. */
  readonly dir?: string;
}

/**
 * Starts `count` control planes concurrently, and resolves when all are ready. If one fails, all are stopped, and the
 * error has the last lines of the failed component's log.
 */
export async function startControlPlanes(options: ControlPlanesOptions): Promise<readonly ControlPlane[]> {
  if (!Number.isInteger(options.count) || options.count < 1 || options.count > MAX_CLUSTERS) {
    throw new RangeError(`count is ${options.count}; allowed: 1 to ${MAX_CLUSTERS}`);
  }
  const dir = options.dir ? resolve(options.dir) : await mkdtemp(join(tmpdir(), 'catamaran-'));
  await mkdir(join(dir, 'logs'), { recursive: true });
  let running = options.count;
  const released = async (): Promise<void> => {
    running -= 1;
    if (running === 0 && options.dir === undefined) await rm(dir, { recursive: true, force: true });
  };
  const versions = options.versions ?? versionsIn(process.env);
  const starts = Array.from({ length: options.count }, (_, i) =>
    startControlPlane(i + 1, dir, versions[i % versions.length] ?? DEFAULT_VERSION, options, released),
  );
  const results = await Promise.allSettled(starts);
  const planes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await Promise.all(planes.map((plane) => plane.stop()));
    throw failed.reason;
  }
  return planes;
}
