/** What a cluster of an older version lacks is left out there, and is not written again and again. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { clear, createAll, offer, podAddress } from './offers.ts';
import { addresses, condition, held, type RunningFleet, runFleet } from './running-fleet.ts';

let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let ns: string;

beforeAll(async () => {
  [exporter, consumer] = await sharedClusters();
  ns = await freshNamespace([exporter, consumer], 'versions');
  fleet = await runFleet([exporter, consumer]);
});

afterAll(async () => {
  await clear([exporter, consumer], ns);
  await fleet.stop();
});

/** The writes to objects of one name so far: the import, the derived Service and its slices. */
function writes({ plane }: Cluster, name: string): readonly string[] {
  const lines = readFileSync(plane.auditLog ?? '', 'utf8').split('\n');
  return lines.filter((line) => line.includes(`"namespace":"${ns}"`) && line.includes(name));
}

it('rule 16: a trafficDistribution that the cluster does not support is left out, named, and not written again', async () => {
  await createAll(consumer, [serviceImport(ns, 'near', { trafficDistribution: 'PreferClose' })]);
  await createAll(exporter, offer(exporter, ns, 'near'));
  const { trafficDistribution: isSupported } = consumer.plane.features;
  await eventually(async () => {
    const found = await held(consumer, ns, 'near');
    expect(await addresses(consumer, ns, 'near')).toEqual([podAddress(exporter, 1)]);
    expect(found.derived?.spec.trafficDistribution).toBe(isSupported ? 'PreferClose' : undefined);
    const ready = condition(found.import, 'Ready');
    expect(ready).toMatchObject({ status: 'True' });
    expect(ready?.message.includes('trafficDistribution "PreferClose" is left out')).toBe(!isSupported);
  });
  const before = writes(consumer, 'near');
  // A change that is seen to arrive follows every write that would have been made because of the others.
  for (const name of ['second', 'third']) {
    await createAll(exporter, offer(exporter, ns, name));
    await eventually(async () => expect(await addresses(consumer, ns, name)).toHaveLength(1));
  }
  expect(writes(consumer, 'near')).toEqual(before);
});
