/** EndpointSlices of Services without a selector. */
import { expect, it } from 'vitest';
import type { JsonObject, StringMap } from '../../src/machinery/json.ts';
import { NAMESPACE, type StillCluster, service, slicesOf, stillCluster } from '../support/workload-cluster.ts';

const SUBSETS = [
  {
    addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2', hostname: 'two' }],
    notReadyAddresses: [{ ip: '192.0.2.3' }],
    ports: [{ name: 'tcp', port: 5432 }],
  },
];

function endpoints(subsets: readonly JsonObject[], labels: StringMap = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'db', namespace: NAMESPACE, labels }, subsets };
}

async function withService(): Promise<StillCluster> {
  const cluster = await stillCluster();
  const { spec, ...rest } = service('db', { ports: [{ name: 'tcp', port: 5432 }] });
  const { selector: _, ...unselected } = spec as JsonObject;
  cluster.api.create('/services', { ...rest, spec: unselected });
  return cluster;
}

it('are copied from its Endpoints, and follow them', async () => {
  const cluster = await withService();
  cluster.api.create('/endpoints', endpoints(SUBSETS, { team: 'a' }));
  await cluster.pass();
  const [slice, ...others] = slicesOf(cluster, 'db');
  expect(others).toEqual([]);
  expect(slice).toMatchObject({
    metadata: {
      generateName: 'db-',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'db',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      ownerReferences: [{ kind: 'Endpoints', name: 'db', controller: true }],
    },
    addressType: 'IPv4',
    ports: [{ name: 'tcp', port: 5432, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['192.0.2.1'], conditions: { ready: true } },
      { addresses: ['192.0.2.2'], conditions: { ready: true }, hostname: 'two' },
      { addresses: ['192.0.2.3'], conditions: { ready: false } },
    ],
  });
  const found = cluster.objects.get('/endpoints', NAMESPACE, 'db');
  if (found) cluster.api.update('/endpoints', { ...found, subsets: [{ ...SUBSETS[0], notReadyAddresses: [] }] });
  await cluster.pass();
  expect(slicesOf(cluster, 'db').map(({ metadata, endpoints: all }) => [metadata.name, all?.length])).toEqual([
    [slice?.metadata.name, 2],
  ]);
  cluster.api.delete('/endpoints', { namespace: NAMESPACE, name: 'db' });
  await cluster.pass();
  expect(slicesOf(cluster, 'db')).toEqual([]);
});

it('are not written for Endpoints that ask not to be mirrored', async () => {
  const cluster = await withService();
  cluster.api.create('/endpoints', endpoints(SUBSETS, { 'endpointslice.kubernetes.io/skip-mirror': 'true' }));
  await cluster.pass();
  expect(slicesOf(cluster, 'db')).toEqual([]);
});
