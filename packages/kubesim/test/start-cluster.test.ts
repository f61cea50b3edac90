import { once } from 'node:events';
import { createServer } from 'node:net';
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Cluster,
  type ClusterAccess,
  type ClusterOptions,
  ListenError,
  ManualClock,
  startCluster,
} from '../src/index.ts';
import { WIDGETS } from './support/widgets.ts';

/** A cluster that is closed after the test. */
async function cluster(options?: ClusterOptions): Promise<Cluster> {
  const started = await startCluster(options);
  onTestFinished(() => started.close());
  return started;
}

async function get({ server, ca, token }: ClusterAccess, path: string, timeout = 5_000) {
  const agent = new Agent({ connect: { ca, timeout } });
  onTestFinished(() => agent.destroy());
  const { statusCode, body } = await agent.request({
    origin: server,
    path,
    method: 'GET',
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: statusCode, body: await body.text() };
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};

describe('a cluster', () => {
  it('accepts requests over TLS with its token only', async () => {
    const started = await cluster();
    expect(await get(started, '/version')).toMatchObject({ status: 200, body: expect.stringContaining('v1.34') });
    expect(await get({ ...started.link, token: 'x' }, '/api')).toMatchObject({
      status: 401,
    });
  });

  it('has a currently valid certificate, regardless of its clock', async () => {
    const started = await cluster({ clock: new ManualClock(0) });
    expect((await get(started, '/version')).status).toBe(200);
  });

  it('has a self-contained kubeconfig', async () => {
    const { kubeconfig, server, token, ca } = await cluster({ name: 'blue', token: 't0ken' });
    const parsed = JSON.parse(kubeconfig);
    expect(token).toBe('t0ken');
    expect(parsed['current-context']).toBe('blue');
    expect(parsed.users).toEqual([{ name: 'blue', user: { token } }]);
    const [{ cluster: found }] = parsed.clusters;
    expect(found.server).toBe(server);
    expect(Buffer.from(found['certificate-authority-data'], 'base64').toString()).toBe(ca);
  });

  it('serves its CRDs as soon as it has started', async () => {
    const started = await cluster({ crds: [WIDGETS] });
    expect((await get(started, '/apis/example.com/v1/widgets')).status).toBe(200);
    expect(started.api.list('apiextensions.k8s.io/customresourcedefinitions')).toHaveLength(1);
  });

  it('runs workloads', async () => {
    const clock = new ManualClock();
    const { api, idle } = bound(await cluster({ clock, workloads: { nodes: 3, readyAfterMs: 0 } }));
    api.create('apps/deployments', deployment);
    await idle();
    expect(api.list('/nodes')).toHaveLength(3);
    expect(api.get('apps/deployments', deployment.metadata)?.status).toMatchObject({ readyReplicas: 2 });
  });

  it('does not advance workloads until its clock does', async () => {
    const clock = new ManualClock();
    const started = await cluster({ clock });
    const ready = () => started.api.get('apps/deployments', deployment.metadata)?.status;
    started.api.create('apps/deployments', deployment);
    await started.idle();
    expect(started.api.list('/pods', { namespace: 'default' })).toHaveLength(2);
    expect(ready()).not.toHaveProperty('readyReplicas');
    await clock.advance(1_000);
    expect(ready()).toHaveProperty('readyReplicas', 2);
  });

  it('runs no workloads if disabled, and has only the objects that kube-apiserver creates', async () => {
    const { api, idle } = bound(await cluster({ workloads: false }));
    api.create('apps/deployments', deployment);
    await idle();
    expect(api.list('/pods')).toEqual([]);
    expect(api.list('/nodes')).toEqual([]);
    expect(api.list('/namespaces').map(({ metadata: { name } }) => name)).toContain('default');
    expect(api.get('/services', { namespace: 'default', name: 'kubernetes' })).toBeDefined();
  });

  it('is unreachable over its link only, until it is healed', async () => {
    const started = await cluster();
    started.partition();
    await expect(get(started.link, '/version', 100)).rejects.toThrow('Connect Timeout Error');
    expect((await get(started, '/version')).status).toBe(200);
    expect(started.fault).toEqual({ partitioned: true, stopped: false, slowMs: 0 });
    started.heal();
    expect((await get(started.link, '/version')).status).toBe(200);
  });

  it('refuses connections while it is stopped, and comes back on its port', async () => {
    const started = await cluster();
    const { server } = started;
    await started.stop();
    await expect(get(started, '/version')).rejects.toThrow('ECONNREFUSED');
    await started.start();
    expect(started.server).toBe(server);
    expect((await get(started, '/version')).status).toBe(200);
  });

  it('is closed at the end of its block', async () => {
    let access: ClusterAccess | undefined;
    {
      await using inBlock = await startCluster();
      access = { name: 'x', server: inBlock.server, ca: inBlock.ca, token: inBlock.token, kubeconfig: '' };
    }
    await expect(get(access, '/version')).rejects.toThrow('ECONNREFUSED');
  });

  it('is closed by its signal', async () => {
    const stop = new AbortController();
    const started = await cluster({ signal: stop.signal });
    stop.abort();
    await expect.poll(() => get(started, '/version').catch(String)).toContain('ECONNREFUSED');
    await expect(startCluster({ signal: stop.signal })).rejects.toBe(stop.signal.reason);
  });

  it('reports a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const starting = startCluster({ port });
    await expect(starting).rejects.toThrow(ListenError);
    await expect(starting).rejects.toThrow(`127.0.0.1:${port}`);
  });
});

/** Methods that work without their object. */
function bound(started: Cluster) {
  return { api: started.api, idle: () => started.idle() };
}
