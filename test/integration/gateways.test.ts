/** What gateways that are not built here read, on real API servers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DERIVED_SERVICE, SERVICE_NAME } from '../../src/api/labels.ts';
import type { ServiceImport } from '../../src/api/multicluster.ts';
import { serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { clear, createAll, offer, podAddress } from './offers.ts';
import { condition, held, type RunningFleet, runFleet } from './running-fleet.ts';

let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let ns: string;

beforeAll(async () => {
  const clusters = await sharedClusters();
  [exporter, consumer] = clusters;
  ns = await freshNamespace(clusters, 'gateways');
  fleet = await runFleet([exporter, consumer]);
});

afterAll(async () => {
  await clear([exporter, consumer], ns);
  await fleet.stop();
});

const PORTS = [
  { name: 'http', port: 80, protocol: 'TCP' as const, appProtocol: 'kubernetes.io/h2c' },
  { name: 'admin', port: 90, protocol: 'TCP' as const },
];

async function ready(name: string) {
  return eventually(async () => {
    const found = await held(consumer, ns, name);
    expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True' });
    return found;
  });
}

/** Cilium: the annotation of the import in v1alpha1, then the Service of that name, then its port. */
async function asCilium(name: string) {
  const get = (...args: readonly string[]) => consumer.kubectl('get', '-n', ns, '-o', 'json', ...args);
  const imported: ServiceImport = JSON.parse(await get('serviceimports.v1alpha1.multicluster.x-k8s.io', name));
  const derived = imported.metadata.annotations?.[DERIVED_SERVICE];
  if (derived === undefined) throw new Error('the import names no Service');
  return JSON.parse(await get('service', derived));
}

describe('a gateway', () => {
  it('rule 29: that follows the annotation finds the derived Service, of automatic imports and those of users', async () => {
    await createAll(exporter, [...offer(exporter, ns, 'auto', { spec: { ports: PORTS } })]);
    await createAll(exporter, [...offer(exporter, ns, 'asked', { spec: { ports: PORTS } })]);
    await consumer.apply(serviceImport(ns, 'asked', { ports: PORTS.map(({ appProtocol: _, ...port }) => port) }));
    for (const name of ['auto', 'asked']) {
      await ready(name);
      const { spec } = await asCilium(name);
      expect(spec.ports).toMatchObject(PORTS);
      expect(spec.selector).toBeUndefined();
    }
  });

  it('that routes to the derived Service finds the remote pods in its slices, by the name of the port', async () => {
    await createAll(exporter, [...offer(exporter, ns, 'derived', { spec: { ports: PORTS } })]);
    const { derived, slices } = await ready('derived');
    expect(derived?.spec.ports?.map(({ name }) => name)).toEqual(['http', 'admin']);
    expect(slices.map(({ metadata }) => metadata.labels?.[SERVICE_NAME])).toEqual(['amcs-derived']);
    expect(slices[0]?.ports).toMatchObject([
      { name: 'http', port: 8080 },
      { name: 'admin', port: 8090 },
    ]);
    expect(slices[0]?.endpoints).toMatchObject([{ addresses: [podAddress(exporter, 1)] }]);
  });

  it('rule 29: finds a name, which is empty, of the only port of a slice', async () => {
    const spec = { ports: [{ port: 80, protocol: 'TCP' as const, targetPort: 8080 }] };
    await createAll(exporter, [...offer(exporter, ns, 'unnamed', { spec, ports: [{ port: 8080 }] })]);
    const { slices } = await ready('unnamed');
    expect(slices[0]?.ports).toMatchObject([{ name: '', port: 8080 }]);
  });
});
