/** Objects that are deleted, created again and edited: the result is that of a fresh start. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../src/api/core.ts';
import type { JsonObject } from '../../src/api/json.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { namespace, serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, installCrds, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { clear, createAll, move, offer, podAddress } from './offers.ts';
import { addresses, condition, fleetConfig, type Held, held, type RunningFleet, runFleet } from './running-fleet.ts';

let clusters: readonly [Cluster, Cluster, Cluster];
let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let automatic: string;
let manual: string;

const modes = (mode: 'Manual' | 'Automatic') => ({ spec: { namespaces: [{ name: manual, import: { mode } }] } });

/** Waits until the import is ready and has exactly these endpoints; returns the objects of the cluster. */
async function expectImported(
  cluster: Cluster,
  ns: string,
  name: string,
  endpoints: readonly string[] = [podAddress(exporter, 1)],
): Promise<Held> {
  return eventually(async () => {
    const found = await held(cluster, ns, name);
    expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
    expect(found.import?.spec.ips ?? []).toEqual(
      found.derived?.spec.clusterIP === 'None' ? [] : found.derived?.spec.clusterIPs,
    );
    expect(await addresses(cluster, ns, name)).toEqual(endpoints.toSorted());
    const owner = found.import?.metadata.uid;
    for (const object of [found.derived, ...found.slices]) {
      expect(object?.metadata.ownerReferences).toEqual([expect.objectContaining({ uid: owner })]);
    }
    return found;
  });
}

async function expectNothing(cluster: Cluster, ns: string, name: string): Promise<void> {
  await eventually(async () => {
    const { import: imported, derived, slices } = await held(cluster, ns, name);
    expect([imported, derived, ...slices].map((object) => object?.kind)).toEqual([undefined, undefined]);
  });
}

const remove = (cluster: Cluster, resource: keyof typeof RESOURCES, ns: string, name: string) =>
  cluster.client.delete(RESOURCES[resource], { namespace: ns, name });

beforeAll(async () => {
  clusters = await sharedClusters();
  [exporter, consumer] = clusters;
  [automatic, manual] = await Promise.all([freshNamespace(clusters, 'life'), freshNamespace(clusters, 'life-manual')]);
  fleet = await runFleet(clusters, modes('Manual'));
});

afterAll(async () => {
  await Promise.all([automatic, manual].map((ns) => clear(clusters, ns)));
  await fleet.stop();
});

describe('a Service', () => {
  const deployment = (ns: string, name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: ns, name },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: name }] } },
    },
  });

  it('that is deleted and created again is followed by its import', async () => {
    const [service, , exported] = offer(exporter, automatic, 'again', { spec: { selector: { app: 'again' } } });
    await exporter.apply(deployment(automatic, 'again'), service ?? {}, exported ?? {});
    const before = await eventually(async () => {
      expect(await addresses(consumer, automatic, 'again')).toHaveLength(2);
      return held(consumer, automatic, 'again');
    });
    const pods = await addresses(consumer, automatic, 'again');

    await exporter.kubectl('delete', 'service', '-n', automatic, 'again');
    await expectNothing(consumer, automatic, 'again');
    await eventually(async () => {
      const { export: left } = await held(exporter, automatic, 'again');
      expect(condition(left, 'Valid')).toMatchObject({ status: 'False', reason: 'NoService' });
    });

    await exporter.apply(service ?? {});
    const after = await expectImported(consumer, automatic, 'again', pods);
    expect(after.import?.metadata.uid).not.toBe(before.import?.metadata.uid);
    // The status of an export is written at most once per second.
    await eventually(async () => {
      expect(condition((await held(exporter, automatic, 'again')).export, 'Valid')?.status).toBe('True');
    });
  });

  it('that becomes headless, and virtual again, is followed', async () => {
    const make = (clusterIP?: string) => {
      const [service] = offer(exporter, automatic, 'headless', { spec: clusterIP === undefined ? {} : { clusterIP } });
      return createAll(exporter, [service ?? {}]);
    };
    await createAll(exporter, offer(exporter, automatic, 'headless'));
    const first = await expectImported(consumer, automatic, 'headless');
    expect(first.import?.spec).toMatchObject({ type: 'ClusterSetIP', ips: [expect.any(String)] });

    await remove(exporter, 'services', automatic, 'headless');
    await make('None');
    const second = await eventually(async () => {
      const found = await expectImported(consumer, automatic, 'headless');
      expect(found.import?.spec.type).toBe('Headless');
      expect(found.derived?.spec.clusterIP).toBe('None');
      expect(found.slices[0]?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless']);
      return found;
    });
    expect(second.derived?.metadata.uid).not.toBe(first.derived?.metadata.uid);

    await remove(exporter, 'services', automatic, 'headless');
    await make();
    await eventually(async () => {
      const found = await expectImported(consumer, automatic, 'headless');
      expect(found.import?.spec.type).toBe('ClusterSetIP');
      expect(found.import?.spec.ips).toHaveLength(1);
      expect(found.slices[0]?.metadata.labels).not.toHaveProperty(['service.kubernetes.io/headless']);
    });
  });
});

describe('an import', () => {
  it('that Catamaran created is created again if a user deletes it', async () => {
    await createAll(exporter, offer(exporter, automatic, 'ours'));
    const before = await expectImported(consumer, automatic, 'ours');
    await remove(consumer, 'serviceImports', automatic, 'ours');
    await eventually(async () => {
      const after = await expectImported(consumer, automatic, 'ours');
      expect(after.import?.metadata.uid).not.toBe(before.import?.metadata.uid);
    });
  });

  it('of a user has its derived objects deleted and created with it', async () => {
    await createAll(exporter, offer(exporter, manual, 'theirs'));
    await createAll(consumer, [serviceImport(manual, 'theirs')]);
    const before = await expectImported(consumer, manual, 'theirs');
    await remove(consumer, 'serviceImports', manual, 'theirs');
    await expectNothing(consumer, manual, 'theirs');
    expect(await consumer.create(serviceImport(manual, 'theirs'))).toMatch(/ created\n$/);
    const after = await expectImported(consumer, manual, 'theirs');
    expect(after.derived?.metadata.uid).not.toBe(before.derived?.metadata.uid);
  });

  it('of a user that is created again at once ends as if it were new', async () => {
    await createAll(exporter, offer(exporter, manual, 'quick'));
    await createAll(consumer, [serviceImport(manual, 'quick')]);
    const before = await expectImported(consumer, manual, 'quick');
    await remove(consumer, 'serviceImports', manual, 'quick');
    await createAll(consumer, [serviceImport(manual, 'quick')]);
    // The garbage collector may still delete what the first import owned.
    await eventually(async () => {
      const after = await expectImported(consumer, manual, 'quick');
      expect(after.import?.metadata.uid).not.toBe(before.import?.metadata.uid);
    });
  });
});

describe('a derived object', () => {
  beforeAll(async () => {
    await createAll(exporter, offer(exporter, automatic, 'derived'));
    await expectImported(consumer, automatic, 'derived');
  });

  it('Service that is deleted is created again, and the import has its address', async () => {
    const before = await expectImported(consumer, automatic, 'derived');
    await consumer.kubectl('delete', 'service', '-n', automatic, 'amcs-derived');
    await eventually(async () => {
      const after = await expectImported(consumer, automatic, 'derived');
      expect(after.derived?.metadata.uid).not.toBe(before.derived?.metadata.uid);
    });
  });

  const SERVICE_EDITS: Readonly<Record<string, JsonObject>> = {
    ports: { spec: { ports: [{ name: 'other', port: 81, protocol: 'TCP' }] } },
    'a target port': { spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9 }] } },
    'a selector': { spec: { selector: { app: 'mine' } } },
    affinity: { spec: { sessionAffinity: 'ClientIP' } },
    'its traffic policy': { spec: { internalTrafficPolicy: 'Local' } },
    'its type': { spec: { type: 'NodePort' } },
    'its label': { metadata: { labels: { 'catamaran.dev/derived-from': null } } },
    'its managed-by': { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } },
  };

  it.each(Object.keys(SERVICE_EDITS))('Service of which another client changes %s is repaired', async (edit) => {
    const { derived: before } = await expectImported(consumer, automatic, 'derived');
    const name = { namespace: automatic, name: 'amcs-derived' };
    const edited = await consumer.client.patch<Service>(RESOURCES.services, name, SERVICE_EDITS[edit] ?? {});
    expect(edited.metadata.resourceVersion).not.toBe(before?.metadata.resourceVersion);
    await eventually(async () => {
      const { derived: after } = await expectImported(consumer, automatic, 'derived');
      expect(after?.spec).toEqual(before?.spec);
      expect(after?.metadata.labels).toEqual(before?.metadata.labels);
      expect(after?.metadata.uid).toBe(before?.metadata.uid);
    });
  });

  it('slice that is deleted is created again', async () => {
    const before = await expectImported(consumer, automatic, 'derived');
    await consumer.kubectl('delete', 'endpointslice', '-n', automatic, before.slices[0]?.metadata.name ?? '');
    await eventually(async () => {
      const after = await expectImported(consumer, automatic, 'derived');
      expect(after.slices.map(({ metadata: { name } }) => name)).toEqual(
        before.slices.map(({ metadata: { name } }) => name),
      );
    });
  });

  const SLICE_EDITS: Readonly<Record<string, JsonObject>> = {
    endpoints: { endpoints: [{ addresses: ['192.0.2.1'] }] },
    ports: { ports: [] },
    'its Service': { metadata: { labels: { 'kubernetes.io/service-name': 'other' } } },
    'its source': { metadata: { labels: { 'multicluster.kubernetes.io/source-cluster': 'other' } } },
    'its managed-by': { metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': null } } },
    'its import': { metadata: { labels: { 'multicluster.kubernetes.io/service-name': null } } },
  };

  it.each(Object.keys(SLICE_EDITS))('slice of which another client changes %s is repaired', async (edit) => {
    const before = (await expectImported(consumer, automatic, 'derived')).slices[0];
    const name = { namespace: automatic, name: before?.metadata.name ?? '' };
    await consumer.client.patch(RESOURCES.endpointSlices, name, SLICE_EDITS[edit] ?? {});
    await eventually(async () => {
      const after = (await expectImported(consumer, automatic, 'derived')).slices[0];
      expect(after?.metadata.name).toBe(before?.metadata.name);
      expect(after?.metadata.labels).toEqual(before?.metadata.labels);
      expect([after?.endpoints, after?.ports]).toEqual([before?.endpoints, before?.ports]);
    });
  });
});

describe('rule 31: an object without its owner', () => {
  const disowned: JsonObject = { metadata: { ownerReferences: null } };

  it('is left alone and reported if it is the derived Service, and replaced once its user deletes it', async () => {
    await createAll(exporter, offer(exporter, automatic, 'orphan'));
    const { derived: before } = await expectImported(consumer, automatic, 'orphan');
    const name = { namespace: automatic, name: 'amcs-orphan' };
    const edited = await consumer.client.patch<Service>(RESOURCES.services, name, disowned);
    await eventually(async () => {
      const { import: imported } = await held(consumer, automatic, 'orphan');
      expect(condition(imported, 'Ready')).toMatchObject({ status: 'False', reason: 'NameConflict' });
    });
    const { derived: left } = await held(consumer, automatic, 'orphan');
    expect(left?.metadata.resourceVersion).toBe(edited.metadata.resourceVersion);
    await consumer.kubectl('delete', 'service', '-n', automatic, 'amcs-orphan');
    await eventually(async () => {
      const { derived: after } = await expectImported(consumer, automatic, 'orphan');
      expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    });
  });

  it('is left alone and reported if it is a slice, and replaced once its user deletes it', async () => {
    await createAll(exporter, offer(exporter, automatic, 'orphan-slice'));
    const [slice] = (await expectImported(consumer, automatic, 'orphan-slice')).slices;
    const name = { namespace: automatic, name: slice?.metadata.name ?? '' };
    const edited = await consumer.client.patch(RESOURCES.endpointSlices, name, disowned);
    await eventually(async () => {
      const { import: imported } = await held(consumer, automatic, 'orphan-slice');
      expect(condition(imported, 'Ready')?.status).toBe('False');
      expect(condition(imported, 'Ready')?.message).toContain('not managed by Catamaran');
    });
    const left = await consumer.client.get(RESOURCES.endpointSlices, name);
    expect(left.metadata.resourceVersion).toBe(edited.metadata.resourceVersion);
    await consumer.kubectl('delete', 'endpointslice', '-n', automatic, name.name);
    await expectImported(consumer, automatic, 'orphan-slice');
  });
});

describe('a namespace', () => {
  it('that is deleted and created again is followed, in the consumer and in the exporter', async () => {
    const [gone, left] = await Promise.all([freshNamespace(clusters, 'life-in'), freshNamespace(clusters, 'life-out')]);
    await Promise.all([gone, left].map((ns) => createAll(exporter, offer(exporter, ns, 'web'))));
    await Promise.all([gone, left].map((ns) => expectImported(consumer, ns, 'web')));
    await Promise.all([consumer.kubectl('delete', 'namespace', gone), exporter.kubectl('delete', 'namespace', left)]);
    await expectNothing(consumer, left, 'web');
    // The exporter lost nothing, and other consumers keep their endpoints.
    await expectImported(clusters[2], gone, 'web');
    await move(exporter, gone, 'web', [podAddress(exporter, 2)]);
    await expectImported(clusters[2], gone, 'web', [podAddress(exporter, 2)]);

    await Promise.all([consumer.apply(namespace(gone)), exporter.apply(namespace(left))]);
    await createAll(exporter, offer(exporter, left, 'web'));
    await expectImported(consumer, gone, 'web', [podAddress(exporter, 2)]);
    await expectImported(consumer, left, 'web');
    await Promise.all([gone, left].map((ns) => clear(clusters, ns)));
  });
});

describe('Automatic and Manual in one fleet', () => {
  it('apply as configured, and a switch deletes and creates only what Catamaran manages', async () => {
    await Promise.all([automatic, manual].map((ns) => createAll(exporter, offer(exporter, ns, 'mode'))));
    await expectImported(consumer, automatic, 'mode');
    await createAll(clusters[2], [serviceImport(manual, 'mode')]);
    const asked = await expectImported(clusters[2], manual, 'mode');
    await expectNothing(consumer, manual, 'mode');

    await fleet.controller.configure(fleetConfig(clusters, modes('Automatic')));
    const made = await expectImported(consumer, manual, 'mode');
    expect(made.import?.metadata.labels).toMatchObject({ 'catamaran.dev/import-origin': 'automatic' });
    await fleet.controller.configure(fleetConfig(clusters, modes('Manual')));
    await expectNothing(consumer, manual, 'mode');

    const { import: kept } = await expectImported(clusters[2], manual, 'mode');
    expect(kept?.metadata).toMatchObject({
      uid: asked.import?.metadata.uid,
      generation: asked.import?.metadata.generation,
    });
    await expectImported(consumer, automatic, 'mode');
  });
});

describe('a member without the CRDs', () => {
  const REMEDY = expect.stringContaining('install them with `catamaran crds | kubectl apply -f -`');
  const CRDS = ['serviceexports.multicluster.x-k8s.io', 'serviceimports.multicluster.x-k8s.io'];
  const stateOf = (cluster: Cluster) => fleet.controller.status().members.find(({ name }) => name === cluster.name);

  it('is left out, keeps its endpoints in consumers, and takes part once they are installed', async () => {
    const bare = clusters[2];
    const [unique, both] = ['crd-3', 'crd-13'];
    await createAll(bare, [...offer(bare, automatic, unique), ...offer(bare, automatic, both)]);
    await createAll(exporter, offer(exporter, automatic, both));
    const given = [podAddress(exporter, 1), podAddress(bare, 1)];
    await expectImported(consumer, automatic, unique, [podAddress(bare, 1)]);
    await expectImported(consumer, automatic, both, given);
    await fleet.stop();
    try {
      await bare.kubectl('delete', 'crd', ...CRDS);
      fleet = await runFleet(clusters, modes('Manual'));
      await eventually(() => expect(stateOf(bare)).toMatchObject({ state: 'unknown', error: REMEDY }));
      // The others are served, and no replica treats the missing CRDs as an empty cluster.
      await move(exporter, automatic, both, [podAddress(exporter, 2)]);
      await eventually(async () => {
        expect(await addresses(consumer, automatic, both)).toEqual([podAddress(exporter, 2), podAddress(bare, 1)]);
      });
      expect(await addresses(consumer, automatic, unique)).toEqual([podAddress(bare, 1)]);
      expect((await held(consumer, automatic, both)).import?.status?.clusters).toHaveLength(2);
      // As the garbage collector does: then nothing in the member itself shows that it exported once.
      const label = `multicluster.kubernetes.io/service-name=${unique}`;
      await bare.kubectl('delete', 'services,endpointslices', '-n', automatic, '-l', label);
    } finally {
      await installCrds(bare);
    }
    await eventually(() => expect(stateOf(bare)).toMatchObject({ state: 'ready' }));
    // The exports were deleted with their CRD: now that is known.
    await expectNothing(consumer, automatic, unique);
    await expectImported(consumer, automatic, both, [podAddress(exporter, 2)]);
    await expectImported(bare, automatic, both, [podAddress(exporter, 2)]);
  });

  it('that loses them while the controller runs is a member again once they are installed', async () => {
    const bare = clusters[2];
    await createAll(exporter, offer(exporter, automatic, 'crd-lost'));
    await expectImported(bare, automatic, 'crd-lost');
    try {
      await bare.kubectl('delete', 'crd', ...CRDS);
      await eventually(() => expect(stateOf(bare)).toMatchObject({ state: 'unreachable', error: REMEDY }));
      await move(exporter, automatic, 'crd-lost', [podAddress(exporter, 3)]);
      await expectImported(consumer, automatic, 'crd-lost', [podAddress(exporter, 3)]);
    } finally {
      await installCrds(bare);
    }
    await expectImported(bare, automatic, 'crd-lost', [podAddress(exporter, 3)]);
    await eventually(() => expect(stateOf(bare)).toMatchObject({ state: 'ready' }));
  });
});
