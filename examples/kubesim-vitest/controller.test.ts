import { startCluster } from 'kubesim';
import { expect, it, onTestFinished } from 'vitest';
import { startController } from './controller.ts';
import { WEBSITES } from './crd.ts';

const website = {
  apiVersion: 'example.com/v1',
  kind: 'Website',
  metadata: { namespace: 'default', name: 'shop' },
  spec: { image: 'shop:1', replicas: 3 },
};

/** A cluster with a running controller; both are stopped after the test. */
async function setUp() {
  const cluster = await startCluster({ crds: [WEBSITES] });
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await cluster.close();
  });
  await startController(cluster.link.kubeconfig, stop.signal);
  const status = () => cluster.api.get('example.com/websites', website.metadata)?.status;
  return { cluster, status };
}

it('runs a Website as a Deployment, and reports its ready replicas', async () => {
  const { cluster, status } = await setUp();
  cluster.api.create('example.com/websites', website);
  await expect.poll(status, { timeout: 5_000 }).toEqual({ readyReplicas: 3 });
  expect(cluster.api.list('/pods', { labels: { website: 'shop' } })).toHaveLength(3);
});

it('fills in the default of its CRD', async () => {
  const { cluster, status } = await setUp();
  cluster.api.create('example.com/websites', { ...website, spec: { image: 'shop:1' } });
  await expect.poll(status, { timeout: 5_000 }).toEqual({ readyReplicas: 1 });
});

it('leaves nothing behind when a Website is deleted', async () => {
  const { cluster, status } = await setUp();
  cluster.api.create('example.com/websites', website);
  await expect.poll(status, { timeout: 5_000 }).toEqual({ readyReplicas: 3 });
  cluster.api.delete('example.com/websites', website.metadata);
  await expect.poll(() => cluster.api.list('apps/deployments')).toHaveLength(1); // kube-system/coredns
});

it('catches up when the API server comes back', async () => {
  const { cluster, status } = await setUp();
  await cluster.stop();
  cluster.api.create('example.com/websites', website);
  expect(cluster.api.get('apps/deployments', website.metadata)).toBeUndefined();
  await cluster.start();
  await expect.poll(status, { timeout: 10_000 }).toEqual({ readyReplicas: 3 });
}, 15_000);
