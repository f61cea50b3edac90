/** Logs over HTTP, as requested by `kubectl logs`, and the errors of unsupported subresources. */
import { expect, it } from 'vitest';
import { NAMESPACE, type StillCluster, stillCluster } from '../support/workload-cluster.ts';

async function withPod(): Promise<StillCluster> {
  const cluster = await stillCluster();
  for (const [name, handler] of cluster.workloads.subresources) cluster.server.provide(name, handler);
  cluster.api.create('/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', namespace: NAMESPACE },
    spec: { containers: [{ name: 'main', image: 'app:1' }] },
  });
  await cluster.pass();
  return cluster;
}

async function get({ server }: StillCluster, query: string, signal = new AbortController().signal) {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/one/log?${query}`;
  const { status, body } = await server.handle({
    method: 'GET',
    path,
    headers: { authorization: 'Bearer token' },
    body: '',
    signal,
  });
  return { status, body };
}

async function text({ body }: Awaited<ReturnType<typeof get>>): Promise<string> {
  return typeof body === 'string' ? body : (await Array.fromAsync(body)).join('');
}

it('returns the requested lines', async () => {
  const cluster = await withPod();
  const pod = cluster.objects.get('/pods', NAMESPACE, 'one');
  if (!pod) throw new Error('no pod');
  cluster.workloads.logs.write(pod, 'main', 'early');
  await cluster.pass(60_000);
  cluster.workloads.logs.write(pod, 'main', 'late');
  expect(await text(await get(cluster, ''))).toBe('started main of app:1\nearly\nlate\n');
  expect(await text(await get(cluster, 'tailLines=1'))).toBe('late\n');
  expect(await text(await get(cluster, 'sinceSeconds=10'))).toBe('late\n');
  expect(await text(await get(cluster, 'sinceTime=2026-01-01T00:01:00Z'))).toBe('late\n');
  expect(await text(await get(cluster, 'tailLines=1&timestamps=true'))).toMatch(/^2026-01-01T00:01:\S+Z late\n$/);
});

it('ends when the client that follows it disconnects', async () => {
  const cluster = await withPod();
  const client = new AbortController();
  const answer = await get(cluster, 'follow=true', client.signal);
  const all = text(answer);
  await cluster.pass();
  client.abort();
  expect(await all).toBe('started main of app:1\n');
});

it('rejects unknown containers', async () => {
  const cluster = await withPod();
  const { status, body } = await get(cluster, 'container=other');
  expect(status).toBe(400);
  expect(body).toContain('container other is not valid for pod one');
});

it.each([
  ['POST', 'pods/one/exec?command=ls', 'kubesim serves this only over WebSocket, to pods of startClusters'],
  ['GET', 'pods/one/attach', 'kubesim serves this only over WebSocket, to pods of startClusters'],
  ['POST', 'pods/one/portforward', "use the cluster's SOCKS5 proxy"],
  ['GET', 'pods/one/proxy/index.html', "use the cluster's SOCKS5 proxy"],
  ['POST', 'serviceaccounts/default/token', 'a kubesim cluster has only the token in its kubeconfig'],
])('explains why it is not supported: %s %s', async (method, path, words) => {
  const { server } = await withPod();
  const { status, body } = await server.handle({
    method,
    path: `/api/v1/namespaces/${NAMESPACE}/${path}`,
    headers: { authorization: 'Bearer token' },
    body: '',
  });
  expect(status).toBe(405);
  expect(body).toContain(words);
});
