/** The proxies, tested with curl. */
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/machinery/json.ts';
import { systemClock } from '../../src/machinery/system-clock.ts';
import { startNetwork } from '../../src/network/index.ts';
import { startWorld, type World } from '../support/network-world.ts';
import { recordingLogger } from '../support/recording-logger.ts';
import { seeded } from '../support/seeded.ts';
import { deployment, NAMESPACE, podsOf, service, statefulSet, type TestCluster } from '../support/workload-cluster.ts';

const DEMO = {
  image: 'registry.example/demo/web-demo:0.4.0',
  container: { env: [{ name: 'ENV_NAME', value: 'beijing' }] },
};
const PATIENCE = { timeout: 15_000, interval: 50 };

async function withWeb(replicas = 2): Promise<World> {
  const world = await startWorld();
  world.cluster1.api.create('/services', service('web'));
  world.cluster1.api.create('apps/deployments', deployment({ name: 'web', replicas, ...DEMO }));
  await ready(world.cluster1, 'web', replicas);
  return world;
}

async function ready({ objects }: TestCluster, name: string, replicas: number): Promise<void> {
  await vi.waitFor(
    () => expect(objects.get('apps/deployments', NAMESPACE, name)?.status?.readyReplicas ?? 0).toBe(replicas),
    PATIENCE,
  );
}

function scale({ objects, api }: TestCluster, replicas: number): void {
  const found = objects.get('apps/deployments', NAMESPACE, 'web');
  if (found) api.update('apps/deployments', { ...found, spec: { ...found.spec, replicas } });
}

describe('a Service with two pods', () => {
  it('responds as documented, under each of its names', async () => {
    const { curl, cluster1 } = await withWeb();
    const names = podsOf(cluster1, { app: 'web' }).map(({ metadata }) => metadata.name);
    for (const host of [
      'web',
      'web.default',
      'web.default.svc',
      'web.default.svc.cluster.local',
      'WEB.default.svc.cluster.local.',
    ]) {
      const [, name] =
        /^This is env_name: beijing, pod: (\S+), client: 10\.1\.0\.1:\d+\n$/.exec(
          await curl('cluster1', `http://${host}`),
        ) ?? [];
      expect(names).toContain(name);
    }
  });

  it('responds at its address, from both pods', async () => {
    const { curl, cluster1 } = await withWeb();
    const ip = cluster1.objects.get('/services', NAMESPACE, 'web')?.spec.clusterIP;
    const answers = await curl(
      'cluster1',
      '-H',
      'connection: close',
      ...Array.from({ length: 12 }, () => `http://${ip}`),
    );
    expect(new Set([...answers.matchAll(/pod: ([\w-]+)/g)].map(([, name]) => name)).size).toBe(2);
  });

  it('refuses connections once it has no pods', async () => {
    const { curl, cluster1 } = await withWeb();
    scale(cluster1, 0);
    await ready(cluster1, 'web', 0);
    await vi.waitFor(
      async () =>
        expect(await curl('cluster1', 'http://web')).toBe("curl: (97) Can't complete SOCKS5 connection to web. (5)\n"),
      PATIENCE,
    );
  });

  it('refuses connections on other ports', async () => {
    const { curl } = await withWeb();
    expect(await curl('cluster1', 'http://web:81')).toMatch(/\(97\) .*\(5\)/);
  });

  it('has no name and no address in another cluster', async () => {
    const { curl, cluster1 } = await withWeb();
    expect(await curl('cluster2', 'http://web')).toMatch(/\(97\) .*\(4\)/);
    const ip = cluster1.objects.get('/services', NAMESPACE, 'web')?.spec.clusterIP;
    expect(await curl('cluster2', `http://${ip}`)).toMatch(/\(97\) .*\(4\)/);
  });

  it('has pods whose addresses are reachable from another cluster, in both families', async () => {
    const { curl, cluster1 } = await withWeb(1);
    const [four, six] = podsOf(cluster1, { app: 'web' })[0]?.status?.podIPs?.map(({ ip }) => ip) ?? [];
    expect(await curl('cluster2', `http://${four}:8080`)).toMatch(/client: 10\.2\.0\.1:\d+\n$/);
    expect(await curl('cluster2', `http://[${six}]:8080`)).toMatch(/client: \[fd00:10:2::1\]:\d+\n$/);
    expect(await curl('cluster2', `http://${four}:8081`)).toMatch(/\(97\) .*\(5\)/);
  });

  it('adds a line to the log of the responding pod', async () => {
    const { curl, cluster1 } = await withWeb(1);
    await curl('cluster1', 'http://web/some/path?x=1');
    const [pod] = podsOf(cluster1, { app: 'web' });
    const { signal } = new AbortController();
    const log = await Array.fromAsync(
      cluster1.workloads.logs.read(NAMESPACE, pod?.metadata.name ?? '', undefined, {}, signal),
    );
    expect(log.at(-1)).toMatch(/^10\.1\.0\.1:\d+ "GET \/some\/path\?x=1 HTTP\/1\.1" 200\n$/);
  });
});

describe('the client', () => {
  it('is a pod in the namespace given as user name', async () => {
    const { curl, cluster1 } = await withWeb();
    cluster1.api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    expect(await curl('other@cluster1', 'http://web')).toMatch(/\(97\) .*\(4\)/);
    expect(await curl('other@cluster1', 'http://web.default')).toMatch(/^This is env_name/);
    expect(await curl('none@cluster1', 'http://web.default')).toMatch(/\(97\) User was rejected by the SOCKS5 server/);
  });

  it('is the pod given as user name, with its search domains', async () => {
    const { curl, cluster1 } = await withWeb();
    const pod = { dnsConfig: { searches: ['default.svc.cluster.local'] } };
    cluster1.api.create('apps/statefulsets', {
      ...statefulSet({ name: 'client', image: 'curlimages/curl:8.11.1', pod }),
      metadata: { name: 'client', namespace: 'kube-system' },
    });
    const address = () => cluster1.objects.get('/pods', 'kube-system', 'client-0')?.status?.podIP;
    await vi.waitFor(() => expect(address()).toBeDefined(), PATIENCE);
    const answer = await curl('kube-system%2Fclient-0@cluster1', 'http://web');
    expect(answer).toContain(`client: ${address()}:`);
    expect(await curl('kube-system%2Fclient-1@cluster1', 'http://web')).toMatch(/\(97\)/);
  });
});

describe('content of containers', () => {
  async function page(
    manifest: Parameters<typeof deployment>[0],
    objects: readonly JsonObject[],
    url: string,
  ): Promise<string> {
    const { cluster1, curl } = await startWorld();
    for (const object of objects) cluster1.api.create('/configmaps', object);
    const [, port = '80'] = /:(\d+)/.exec(url) ?? [];
    cluster1.api.create('/services', service(manifest.name, { ports: [{ port: Number(port) }] }));
    cluster1.api.create('apps/deployments', deployment(manifest));
    await ready(cluster1, manifest.name, 1);
    return await curl('cluster1', url);
  }

  const html = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'response', namespace: NAMESPACE },
    data: { message: '{"Cluster": "cluster1", "Planet": "Alderaan"}\n' },
  };
  const nginx = {
    name: 'rebel-base',
    image: 'docker.io/nginx:1.15.8',
    container: { volumeMounts: [{ name: 'html', mountPath: '/usr/share/nginx/html/' }] },
    pod: {
      volumes: [{ name: 'html', configMap: { name: 'response', items: [{ key: 'message', path: 'index.html' }] } }],
    },
  };

  it('is the files of its ConfigMap, as in the tutorial', async () => {
    expect(await page(nginx, [html], 'http://rebel-base')).toBe('{"Cluster": "cluster1", "Planet": "Alderaan"}\n');
    expect(await page(nginx, [html], 'http://rebel-base/none')).toBe('404 page not found\n');
  });

  it('describes the pod for any other image with a declared port', async () => {
    const container = { ports: [{ containerPort: 9000 }], env: [{ name: 'ENV_NAME', value: 'here' }] };
    expect(await page({ name: 'any', container }, [], 'http://any:9000/x')).toMatch(
      /^pod: any-\S+, namespace: default, cluster: cluster1, env_name: here, path: \/x, client: 10\.1\.0\.1:\d+\n$/,
    );
  });

  it('is absent without a declared port, or with a custom command', async () => {
    expect(await page({ name: 'any' }, [], 'http://any')).toMatch(/\(97\) .*\(5\)/);
    const container = { command: ['sleep', 'infinity'] };
    expect(await page({ name: 'any', image: 'nginx:1', container }, [], 'http://any')).toMatch(/\(97\) .*\(5\)/);
  });
});

describe('SOCKS5', () => {
  /** Sends bytes, and collects the response until the other side closes. */
  async function exchange({ network }: World, ...messages: readonly (readonly number[])[]): Promise<number[]> {
    const socket = connect(network.proxies.get('cluster1') ?? 0, '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    for (const message of messages) socket.write(Buffer.from(message));
    await new Promise((resolve) => socket.once('close', resolve));
    return [...Buffer.concat(received)];
  }

  it('rejects unsupported requests', async () => {
    const world = await startWorld();
    const reply = (code: number) => [5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    const address = [1, 127, 0, 0, 1, 0, 80];
    // BIND, and UDP ASSOCIATE.
    expect(await exchange(world, [5, 1, 0], [5, 2, 0, ...address])).toEqual(reply(7));
    expect(await exchange(world, [5, 1, 0], [5, 3, 0, ...address])).toEqual(reply(7));
    // An unknown address type.
    expect(await exchange(world, [5, 1, 0], [5, 1, 0, 9, 0, 0])).toEqual(reply(8));
    // GSSAPI only.
    expect(await exchange(world, [5, 1, 1])).toEqual([5, 0xff]);
    // SOCKS4.
    expect(await exchange(world, [4, 1, 0, 80, 127, 0, 0, 1, 0])).toEqual([]);
  });

  it('closes a connection when its pod is removed, or its link is cut', async () => {
    const world = await withWeb(1);
    const address = () => podsOf(world.cluster1, { app: 'web' })[0]?.status?.podIP?.split('.').map(Number) ?? [];
    const open = async (cluster: string) => {
      const socket = connect(world.network.proxies.get(cluster) ?? 0, '127.0.0.1');
      socket.write(Buffer.from([5, 1, 0]));
      socket.write(Buffer.from([5, 1, 0, 1, ...address(), 8080 >> 8, 8080 & 0xff]));
      let received = 0;
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      await vi.waitFor(() => expect(received).toBe(12), PATIENCE);
      return socket;
    };
    const ended = (socket: Awaited<ReturnType<typeof open>>) =>
      vi.waitFor(() => expect(socket.closed).toBe(true), PATIENCE);
    const [near, far] = [await open('cluster1'), await open('cluster2')];
    world.network.setReachable('cluster2', 'cluster1', false);
    await ended(far);
    expect(near.closed).toBe(false);
    const [pod] = podsOf(world.cluster1, { app: 'web' });
    if (pod) world.cluster1.objects.delete('/pods', pod);
    await ended(near);
  });

  it('serves a client that half-closes first', async () => {
    const { network, cluster1 } = await withWeb(1);
    const socket = connect({ port: network.proxies.get('cluster1') ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    const ip = cluster1.objects.get('/services', NAMESPACE, 'web')?.spec.clusterIP?.split('.').map(Number) ?? [];
    socket.write(Buffer.from([5, 1, 0]));
    socket.write(Buffer.from([5, 1, 0, 1, ...ip, 0, 80]));
    socket.end('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
    const chunks = await socket.toArray();
    expect(Buffer.concat(chunks).toString('latin1')).toContain('This is env_name: beijing');
  });

  it('does not resolve or connect outside the process', async () => {
    const { curl, network } = await startWorld();
    expect(await curl('cluster1', `http://127.0.0.1:${network.proxies.get('cluster1')}`)).toMatch(/\(97\) .*\(4\)/);
    expect(await curl('cluster1', 'http://localhost')).toMatch(/\(97\) .*\(4\)/);
    expect(await curl('cluster1', 'http://example.org')).toMatch(/\(97\) .*\(4\)/);
  });

  it('reports which port is in use', async () => {
    const { cluster1, network } = await startWorld();
    const port = network.proxies.get('cluster1') ?? 0;
    const options = { clock: systemClock, random: seeded(), logger: recordingLogger() };
    const clusters = [{ api: cluster1.api, proxyPort: port }];
    await expect(startNetwork({ clusters, ...options }, new AbortController().signal)).rejects.toMatchObject({
      name: 'ListenError',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });
});
