/** What GitOps tools do to imports, on real API servers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DERIVED_SERVICE } from '../../src/api/labels.ts';
import { serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { clear, createAll, offer } from './offers.ts';
import { addresses, condition, type Held, held, type RunningFleet, runFleet } from './running-fleet.ts';

let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let ns: string;

beforeAll(async () => {
  const clusters = await sharedClusters();
  [exporter, consumer] = clusters;
  ns = await freshNamespace(clusters, 'gitops');
  fleet = await runFleet([exporter, consumer], { spec: { import: { mode: 'Manual' } } });
});

afterAll(async () => {
  await clear([exporter, consumer], ns);
  await fleet.stop();
});

/** The import once it is served, with its endpoints. */
function served(name: string): Promise<Held> {
  return eventually(async () => {
    const found = await held(consumer, ns, name);
    expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True' });
    expect(await addresses(consumer, ns, name)).not.toEqual([]);
    return found;
  });
}

async function applied(name: string): Promise<Held> {
  await createAll(exporter, offer(exporter, ns, name));
  await consumer.apply(serviceImport(ns, name));
  return served(name);
}

const prune = (name: string, ...args: readonly string[]) =>
  consumer.kubectl('delete', 'serviceimport', '-n', ns, name, ...args);

it('rule 10: an import that is pruned and applied again has the same address and endpoints', async () => {
  const before = await applied('pruned');
  await prune('pruned');
  await eventually(async () => {
    expect(await held(consumer, ns, 'pruned')).toMatchObject({ import: undefined, derived: undefined, slices: [] });
  });
  await consumer.apply(serviceImport(ns, 'pruned'));
  const after = await served('pruned');
  expect(after.import?.metadata.uid).not.toBe(before.import?.metadata.uid);
  expect(after.import?.spec.ips).toEqual(before.import?.spec.ips);
  expect(after.derived?.spec.clusterIP).toBe(before.derived?.spec.clusterIP);
});

it('rule 18: an import that is replaced at once, before the garbage collector has noticed, keeps its address', async () => {
  const before = await applied('replaced');
  await prune('replaced', '--wait=false');
  await consumer.apply(serviceImport(ns, 'replaced'));
  const after = await eventually(async () => {
    const found = await served('replaced');
    expect(found.derived?.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([found.import?.metadata.uid]);
    return found;
  });
  expect(after.import?.spec.ips).toEqual(before.import?.spec.ips);
});

it('rule 29: names the derived Service of an import that a tool applies again and again', async () => {
  await applied('healed');
  for (let round = 0; round < 3; round++) await consumer.apply(serviceImport(ns, 'healed'));
  const { import: found } = await served('healed');
  expect(found?.metadata.annotations?.[DERIVED_SERVICE]).toBe('amcs-healed');
});

it('rule 29: leaves the name that another client sets', async () => {
  await applied('named');
  await consumer.kubectl('annotate', '--overwrite', 'serviceimport', '-n', ns, 'named', `${DERIVED_SERVICE}=mine`);
  await eventually(async () => {
    const { import: found } = await held(consumer, ns, 'named');
    expect(condition(found, 'Ready')?.message).toContain('"mine", which gateways may route to');
    expect(found?.metadata.annotations?.[DERIVED_SERVICE]).toBe('mine');
  });
});
