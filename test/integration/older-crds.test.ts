/** A real API server with the CRDs that Cilium's tutorial installs, and their upgrade while the controller runs. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ServiceImport } from '../../src/api/multicluster.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import { crdsOf } from '../support/clusters/mcs-releases.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, installCrds, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { addresses, type RunningFleet, runFleet } from './running-fleet.ts';

const CRDS = ['serviceexports.multicluster.x-k8s.io', 'serviceimports.multicluster.x-k8s.io'];
const KEPT = 'fields.catamaran.dev/status.conditions';

let current: Cluster;
let older: Cluster;
let fleet: RunningFleet;
let ns: string;

beforeAll(async () => {
  const [first, , third] = await sharedClusters();
  [current, older] = [first, third];
  ns = await freshNamespace([current, older], 'crds');
  await older.kubectl('delete', 'crd', ...CRDS);
  await older.apply(...crdsOf('cilium'));
  await older.kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', ...CRDS);
  fleet = await runFleet([current, older]);
});

afterAll(async () => {
  for (const { kubectl } of [current, older]) await kubectl('delete', 'serviceexports', '-n', ns, '--all');
  await fleet.stop();
  await older.kubectl('delete', 'crd', ...CRDS);
  await installCrds(older);
});

/** In a version, since kubectl remembers which versions a server had before. */
async function importOf(name: string, version: 'v1alpha1' | 'v1beta1' = 'v1alpha1'): Promise<ServiceImport> {
  const resource = `serviceimports.${version}.multicluster.x-k8s.io`;
  return JSON.parse(await older.kubectl('get', resource, '-n', ns, name, '-o', 'json'));
}

const offer = (cluster: Cluster, name: string, address: string) =>
  cluster.apply(service(ns, name), slice(ns, name, `${name}-a`, [address]), serviceExport(ns, name));

it('exports and imports over v1alpha1, and writes nothing without a change, even after a restart', async () => {
  await offer(current, 'web', '10.1.9.1');
  await offer(older, 'db', '10.3.9.1');
  await eventually(async () => {
    expect(await addresses(current, ns, 'db')).toEqual(['10.3.9.1']);
    const { apiVersion, metadata, spec, status } = await importOf('web');
    expect(apiVersion).toBe('multicluster.x-k8s.io/v1alpha1');
    expect(spec.ips).toHaveLength(1);
    expect(status).toEqual({ clusters: [{ cluster: current.name }] });
    expect(JSON.parse(metadata.annotations?.[KEPT] ?? '[]')).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });
  const selector = 'multicluster.kubernetes.io/service-name=web';
  const owners = '{.items[*].metadata.ownerReferences[*].apiVersion}';
  const jsonpath = `jsonpath=${owners}`;
  const owner = await older.kubectl('get', 'endpointslices', '-n', ns, '-l', selector, '-o', jsonpath);
  expect(owner).toBe('multicluster.x-k8s.io/v1alpha1');
  const before = await importOf('web');
  await fleet.stop();
  fleet = await runFleet([current, older]);
  await offer(current, 'late', '10.1.9.2');
  await eventually(async () => expect((await importOf('late')).spec.ips).toHaveLength(1));
  expect((await importOf('web')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

it('follows an upgrade to v1beta1: addresses stay, and the conditions are where kubectl shows them', async () => {
  const before = await importOf('web');
  await installCrds(older);
  await vi.waitFor(
    async () => {
      const { metadata, spec, status } = await importOf('web', 'v1beta1');
      expect(metadata.uid).toBe(before.metadata.uid);
      expect(metadata.annotations ?? {}).not.toHaveProperty([KEPT]);
      expect(spec).toMatchObject({ ips: before.spec.ips, ipFamilies: ['IPv4'] });
      expect(status).toMatchObject({
        endpointSliceObjects: 'Present',
        conditions: [{ type: 'Ready', status: 'True' }],
      });
    },
    { timeout: 60_000, interval: 200 },
  );
});
