import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ListenError, startClusters } from '../src/index.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'web' },
  spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 8080 }] }] },
};

/** Number of listening servers in this process. */
function listening(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
}

it('starts clusters whose pods can reach each other', async () => {
  await using running = await startClusters({ clusters: 2, workloads: { readyAfterMs: 0 } });
  const [first] = running.clusters;
  first?.api.create('/pods', pod);
  const address = () => Object(first?.api.get('/pods', pod.metadata)?.status).podIP;
  await expect.poll(address).toMatch(/^10\.1\./);
  const result = await running.network.request({ from: 'cluster2', url: `http://${address()}:8080` });
  expect(result).toMatchObject({ ok: true, status: 200 });
  expect(running.clusters.map(({ name }) => name)).toEqual(['cluster1', 'cluster2']);
  expect(running.network.proxies.size).toBe(2);
});

it('leaves nothing behind if the port of a proxy is in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const proxyPort = typeof address === 'object' && address ? Math.min(address.port, 65_435) : 0;
  const before = listening();
  await expect(startClusters({ clusters: 2, proxyPort })).rejects.toThrow(ListenError);
  await expect.poll(listening).toBeLessThanOrEqual(before);
});

it('is closed by its signal', async () => {
  const stop = new AbortController();
  const { clusters } = await startClusters({ clusters: 1, signal: stop.signal });
  stop.abort();
  const [cluster] = clusters;
  await expect.poll(() => fetch(cluster?.server ?? '').catch(({ cause }) => String(cause))).toContain('ECONNREFUSED');
});
