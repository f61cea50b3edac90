import { expect, it } from 'vitest';
import { stillCluster } from '../support/workload-cluster.ts';

it('a new cluster has the standard objects', async () => {
  const { api, objects, log } = await stillCluster();
  const names = (resource: `${string}/${string}`, namespace?: string) =>
    api.list(resource, namespace === undefined ? {} : { namespace }).map(({ metadata }) => metadata.name);
  expect(names('/namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  expect(names('/nodes')).toEqual(['cluster1-node1', 'cluster1-node2']);
  expect(names('coordination.k8s.io/leases', 'kube-node-lease')).toEqual(names('/nodes'));
  expect(names('/services')).toEqual(['kubernetes', 'kube-dns']);
  expect(names('storage.k8s.io/storageclasses')).toContain('standard');
  expect(names('rbac.authorization.k8s.io/clusterroles')).toContain('system:coredns');
  expect(objects.get('/services', 'default', 'kubernetes')?.spec.clusterIP).toBe('172.17.0.1');
  expect(objects.get('/services', 'kube-system', 'kube-dns')?.spec.clusterIP).toBe('172.17.0.10');
  expect(objects.get('/configmaps', 'kube-system', 'coredns')?.data?.Corefile).toContain('kubernetes cluster.local');
  expect(objects.get('apps/deployments', 'kube-system', 'coredns')?.status?.availableReplicas).toBe(1);
  expect(log.lines).toEqual([]);
});

it('every namespace has its ServiceAccount and certificate, which are recreated after deletion', async () => {
  const { api, pass } = await stillCluster();
  api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } });
  await pass();
  for (const [resource, name] of [
    ['/serviceaccounts', 'default'],
    ['/configmaps', 'kube-root-ca.crt'],
  ] as const) {
    const key = { namespace: 'new', name };
    expect(api.get(resource, key)).toBeDefined();
    api.delete(resource, key);
    await pass();
    expect(api.get(resource, key)).toBeDefined();
  }
});

it('a namespace is deleted with its contents', async () => {
  const { api, pass, objects } = await stillCluster();
  api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } });
  await pass();
  const metadata = { name: 'web', namespace: 'new' };
  const labels = { app: 'web' };
  const claims = [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'app:1' }] } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template };
  api.create('apps/deployments', { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
  api.create('apps/statefulsets', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, name: 'db' },
    spec: { ...spec, serviceName: 'db', volumeClaimTemplates: claims },
  });
  await pass();
  expect(objects.list('/pods', 'new')).toHaveLength(4);
  api.delete('/namespaces', { name: 'new' });
  await pass();
  expect(objects.list('/pods', 'new')).toEqual([]);
  expect(objects.list('/persistentvolumeclaims', 'new')).toEqual([]);
  expect(objects.get('/namespaces', undefined, 'new')).toBeUndefined();
});
