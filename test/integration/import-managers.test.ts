/** Who manages an import, by what real API servers record. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServiceExport } from '../../src/api/multicluster.ts';
import { serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { EXPORT_CONDITIONS } from '../support/implementations.ts';
import { clear, createAll, offer } from './offers.ts';
import { addresses, condition, type Held, held, type RunningFleet, runFleet } from './running-fleet.ts';

const ORIGIN = 'catamaran.dev/import-origin';

let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let ns: string;

beforeAll(async () => {
  const clusters = await sharedClusters();
  [exporter, consumer] = clusters;
  ns = await freshNamespace(clusters, 'managers');
  fleet = await runFleet([exporter, consumer]);
});

afterAll(async () => {
  await clear([exporter, consumer], ns);
  await fleet.stop();
});

/** Exports a name and waits until it is imported. */
async function imported(name: string): Promise<Held> {
  await createAll(exporter, offer(exporter, ns, name));
  return eventually(async () => {
    const found = await held(consumer, ns, name);
    expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True' });
    return found;
  });
}

const kubectl = (verb: string, name: string, ...args: readonly string[]) =>
  consumer.kubectl(verb, '-n', ns, 'serviceimport', name, ...args);

const unexport = (name: string) => exporter.kubectl('delete', 'serviceexport', '-n', ns, name);

it('rule 37: an automatic import gets its label back, and goes with the last export', async () => {
  await imported('label');
  await kubectl('label', 'label', `${ORIGIN}-`);
  await eventually(async () => {
    expect((await held(consumer, ns, 'label')).import?.metadata.labels).toMatchObject({ [ORIGIN]: 'automatic' });
  });
  await unexport('label');
  await eventually(async () => expect((await held(consumer, ns, 'label')).import).toBeUndefined());
});

it('rule 37: a user who applies an automatic import and removes its label takes it over', async () => {
  await imported('applied');
  await consumer.apply(serviceImport(ns, 'applied'));
  await kubectl('label', 'applied', `${ORIGIN}-`);
  await unexport('applied');
  await eventually(async () => {
    const { import: found } = await held(consumer, ns, 'applied');
    expect(condition(found, 'Ready')).toMatchObject({ status: 'False', reason: 'NotExported' });
    expect(found?.metadata.labels ?? {}).not.toHaveProperty(ORIGIN);
  });
});

it('rule 37: two implementations end without a write, and the endpoints of an existing Service stay', async () => {
  const { derived } = await imported('contested');
  const theirs = {
    type: 'Ready',
    status: 'True',
    reason: 'Synced',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const status = { clusters: [{ cluster: 'kind-1' }], conditions: [theirs] };
  const patch = (body: object, ...args: readonly string[]) =>
    kubectl(
      'patch',
      'contested',
      '--type=merge',
      '--field-manager=lighthouse-agent',
      ...args,
      '-p',
      JSON.stringify(body),
    );
  const versions: (string | undefined)[] = [];
  for (let round = 0; round < 12; round++) {
    await patch({ spec: { ips: ['192.0.2.9'] } });
    await patch({ status }, '--subresource=status');
    versions.push((await held(consumer, ns, 'contested')).import?.metadata.resourceVersion);
  }
  expect(new Set(versions.slice(4)).size).toBe(1);
  const found = await held(consumer, ns, 'contested');
  expect(found.import?.spec.ips).toEqual(['192.0.2.9']);
  expect(found.import?.status).toMatchObject({ clusters: status.clusters, conditions: [{ reason: 'Synced' }] });
  expect(found.derived?.metadata.uid).toBe(derived?.metadata.uid);
  expect(await addresses(consumer, ns, 'contested')).toHaveLength(1);
  const events = await consumer.kubectl('get', 'events', '-n', ns, '-o', 'jsonpath={.items[*].reason}');
  expect(events.split(' ').filter((reason) => reason === 'ManagedByOther')).toHaveLength(1);
});

it('rule 37: an export that another implementation reads has its conditions, and one of Catamaran', async () => {
  await imported('shared');
  const conditions = (EXPORT_CONDITIONS['cilium-operator-generic'] ?? []).map(([type, status, reason, message]) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }));
  const read = async (): Promise<ServiceExport> =>
    JSON.parse(await exporter.kubectl('get', 'serviceexport', '-n', ns, 'shared', '-o', 'json'));
  const patch = (status: object, ...args: readonly string[]) =>
    exporter.kubectl(
      ...['patch', 'serviceexport', '-n', ns, 'shared', '--subresource=status', '--type=merge', ...args],
      ...['-p', JSON.stringify({ status })],
    );
  await patch({ conditions }, '--field-manager=cilium-operator-generic');
  await eventually(async () => {
    const after = (await read()).status?.conditions ?? [];
    expect(after.slice(0, 3)).toEqual(conditions);
    expect(after[3]).toMatchObject({ type: 'catamaran.dev/Exported', status: 'True', reason: 'Exported' });
  });
  const series = 'catamaran_other_implementation_objects';
  const metrics = await fleet.metrics.registry.metrics();
  expect(metrics).toContain(`${series}{member="${exporter.name}",kind="ServiceExport"} 1`);
  // The way back of the guide.
  await patch({ conditions: null });
  await eventually(async () => {
    const after = (await read()).status?.conditions ?? [];
    expect(after.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Valid Valid',
      'Ready Exported',
      'Conflict NoConflicts',
    ]);
  });
});
