/** Services, links and names, without sockets and with a manual clock. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/machinery/json.ts';
import { ManualClock } from '../../src/manual-clock.ts';
import type { DnsRecord, Question } from '../../src/network/dns.ts';
import { startWorld, type World, type WorldOptions } from '../support/network-world.ts';
import { deployment, NAMESPACE, podsOf, service, statefulSet, type TestCluster } from '../support/workload-cluster.ts';

const WEB = { app: 'web' };
const PORT = { container: { ports: [{ containerPort: 8080, name: 'web' }] } };

interface StillWorld extends World {
  readonly clock: ManualClock;
  pass(ms?: number): Promise<void>;
}

async function stillWorld(options: WorldOptions = {}): Promise<StillWorld> {
  const clock = new ManualClock();
  const world = await startWorld({ ...options, clock });
  const pass = async (ms = 5000) => {
    for (const { workloads } of [world.cluster1, world.cluster2]) await workloads.idle();
    await clock.advance(ms);
    for (const { workloads } of [world.cluster1, world.cluster2]) await workloads.idle();
  };
  await pass();
  return { ...world, clock, pass };
}

async function withWeb(replicas: number, spec: JsonObject = {}): Promise<StillWorld> {
  const world = await stillWorld();
  world.cluster1.api.create('/services', service('web', spec));
  world.cluster1.api.create('apps/deployments', deployment({ name: 'web', replicas, ...PORT }));
  await world.pass();
  return world;
}

async function get({ network }: World, url: string, from = 'cluster1', pod?: string): Promise<string> {
  const result = await network.request({ from, url, ...(pod !== undefined && { pod }) });
  return result.ok ? result.body : result.message;
}

async function answering(world: World, times = 40, pod?: string): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < times; i++)
    seen.add(/^pod: (\S+),/.exec(await get(world, 'web', 'cluster1', pod))?.[1] ?? 'none');
  return seen;
}

function names(cluster: TestCluster): string[] {
  return podsOf(cluster, WEB).map(({ metadata }) => metadata.name);
}

describe('a request', () => {
  it('fails with the messages of curl', async () => {
    const world = await withWeb(0);
    expect(await get(world, 'none')).toBe('curl: (6) Could not resolve host: none');
    expect(await get(world, 'web')).toBe(
      "curl: (7) Failed to connect to web port 80 after 0 ms: Couldn't connect to server",
    );
    expect(await get(world, '10.1.16.200:80')).toBe(
      'curl: (7) Failed to connect to 10.1.16.200 port 80 after 0 ms: No route to host',
    );
    expect(await get(world, 'http://172.17.9.9')).toBe(
      'curl: (28) Failed to connect to 172.17.9.9 port 80 after 0 ms: Connection timed out',
    );
    expect(await get(world, 'https://web')).toMatch(/^curl: \(1\) /);
    expect(await get(world, 'http://:80')).toMatch(/^curl: \(3\) /);
  });

  it('returns status, headers and body', async () => {
    const { network } = await withWeb(1);
    expect(await network.request({ from: 'cluster1', url: 'web/a?b', method: 'POST', body: 'x' })).toMatchObject({
      ok: true,
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: expect.stringContaining('path: /a,'),
    });
  });

  it('reports a missing cluster, namespace or pod', async () => {
    const { network } = await withWeb(1);
    await expect(network.request({ from: 'cluster9', url: 'web' })).rejects.toThrow(
      'cluster "cluster9" not found; available: cluster1, cluster2',
    );
    await expect(network.request({ from: 'cluster1', url: 'web', namespace: 'x' })).rejects.toThrow(
      'namespace "x" not found',
    );
    await expect(network.request({ from: 'cluster1', url: 'web', pod: 'x' })).rejects.toThrow(
      'pod "default/x" not found or not running',
    );
  });
});

describe('a Service', () => {
  it('uses ready pods only', async () => {
    const world = await withWeb(2);
    const [first, second] = podsOf(world.cluster1, WEB);
    if (!first || !second) throw new Error('no pods');
    const annotations = { 'kubesim.catamaran.dev/ready': 'false' };
    world.cluster1.api.update('/pods', { ...first, metadata: { ...first.metadata, annotations } });
    await world.pass();
    expect([...(await answering(world))]).toEqual([second.metadata.name]);
  });

  it('uses terminating pods if there are no others', async () => {
    const world = await withWeb(1);
    const found = world.cluster1.objects.get('apps/deployments', NAMESPACE, 'web');
    if (!found) throw new Error('no Deployment');
    const before = names(world.cluster1);
    world.cluster1.api.update('apps/deployments', { ...found, spec: { ...found.spec, replicas: 0 } });
    await world.cluster1.workloads.idle();
    expect([...(await answering(world, 3))]).toEqual(before);
    await world.pass();
    expect(await get(world, 'web')).toMatch(/^curl: \(7\)/);
  });

  it('finds its pods by named target ports', async () => {
    const world = await withWeb(1, { ports: [{ name: 'http', port: 80, targetPort: 'web' }] });
    expect(await get(world, 'web')).toMatch(/^pod: web-/);
  });

  it('keeps a client on one pod until the affinity timeout', async () => {
    const world = await withWeb(5, {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    const [first] = await answering(world);
    expect((await answering(world)).size).toBe(1);
    const others = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await world.clock.advance(61_000);
      for (const name of await answering(world, 1)) others.add(name);
    }
    expect(others.size).toBeGreaterThan(1);
    // A removed pod keeps no clients.
    const stays = [...(await answering(world))][0];
    const gone = podsOf(world.cluster1, WEB).find(({ metadata }) => metadata.name === stays);
    if (gone) world.cluster1.objects.delete('/pods', gone, 0);
    await world.pass();
    expect([...(await answering(world))]).toEqual([expect.not.stringMatching(`^${stays}$`)]);
    expect(first).toBeDefined();
  });

  it("with internalTrafficPolicy Local uses pods on the client's node", async () => {
    const world = await withWeb(4, { internalTrafficPolicy: 'Local' });
    const local = podsOf(world.cluster1, WEB).filter(({ spec }) => spec.nodeName === 'cluster1-node1');
    expect([...(await answering(world))].sort()).toEqual(local.map(({ metadata }) => metadata.name).sort());
    for (const pod of local) {
      const labels = { app: 'apart' };
      world.cluster1.api.update('/pods', { ...pod, metadata: { ...pod.metadata, labels } });
    }
    const cordoned = world.cluster1.objects.get('/nodes', undefined, 'cluster1-node1');
    if (cordoned) world.cluster1.api.update('/nodes', { ...cordoned, spec: { ...cordoned.spec, unschedulable: true } });
    await world.pass();
    for (const pod of podsOf(world.cluster1, WEB).filter(({ spec }) => spec.nodeName === 'cluster1-node1')) {
      world.cluster1.objects.delete('/pods', pod, 0);
    }
    await world.pass();
    expect(await get(world, 'web')).toMatch(/^curl: \(28\)/);
  });

  it("with trafficDistribution PreferClose uses pods in the client's zone, if there are any", async () => {
    const world = await withWeb(4, { trafficDistribution: 'PreferClose' });
    const near = podsOf(world.cluster1, WEB).filter(({ spec }) => spec.nodeName === 'cluster1-node1');
    expect([...(await answering(world))].sort()).toEqual(near.map(({ metadata }) => metadata.name).sort());
  });

  it('can have slices from another controller, as for multi-cluster Services', async () => {
    const world = await withWeb(1);
    const address = podsOf(world.cluster1, WEB)[0]?.status?.podIP ?? '';
    const ports = [{ name: 'http', port: 80 }];
    world.cluster2.api.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'amcs-web', namespace: NAMESPACE },
      spec: { ports },
    });
    world.cluster2.api.create('discovery.k8s.io/endpointslices', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'imported', namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': 'amcs-web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address] }],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    expect(await get(world, 'amcs-web.default', 'cluster2')).toMatch(/^pod: web-.*client: 10\.2\.0\.1:/);
  });
});

describe('a cut link', () => {
  it('blocks both directions until it is restored', async () => {
    const world = await withWeb(1);
    const address = `${podsOf(world.cluster1, WEB)[0]?.status?.podIP}:8080`;
    expect(await get(world, address, 'cluster2')).toMatch(/^pod: /);
    world.network.setReachable('cluster1', 'cluster2', false);
    expect(await get(world, address, 'cluster2')).toMatch(/^curl: \(28\) /);
    expect(await get(world, address)).toMatch(/^pod: /);
    world.network.setReachable('cluster1', 'cluster2', true);
    expect(await get(world, address, 'cluster2')).toMatch(/^pod: /);
  });
});

describe('names', () => {
  async function ask(world: World, name: string, type: Question['type'] = 'A'): Promise<string[] | string> {
    const { rcode, records } = await world.network.ask('cluster1', { name, type });
    return rcode === 'NOERROR' ? records.map(({ data }: DnsRecord) => data).toSorted() : rcode;
  }

  async function withDb(): Promise<StillWorld> {
    const world = await stillWorld();
    world.cluster1.api.create('/services', service('db', { clusterIP: 'None', ipFamilyPolicy: 'RequireDualStack' }));
    world.cluster1.api.create('apps/statefulsets', statefulSet({ name: 'db', replicas: 2, ...PORT }));
    await world.pass();
    return world;
  }

  it('of a Service resolve to its addresses, and its ports as SRV', async () => {
    const world = await withWeb(1);
    const ip = world.cluster1.objects.get('/services', NAMESPACE, 'web')?.spec.clusterIP ?? '';
    expect(await ask(world, 'web.default.svc.cluster.local')).toEqual([ip]);
    expect(await ask(world, 'web.default.svc.cluster.local', 'AAAA')).toEqual([]);
    expect(await ask(world, '_http._tcp.web.default.svc.cluster.local', 'SRV')).toEqual([
      '0 100 80 web.default.svc.cluster.local',
    ]);
    expect(await ask(world, '_no._tcp.web.default.svc.cluster.local', 'SRV')).toBe('NXDOMAIN');
    expect(await ask(world, 'none.default.svc.cluster.local')).toBe('NXDOMAIN');
    const reverse = `${ip.split('.').reverse().join('.')}.in-addr.arpa`;
    expect(await ask(world, reverse, 'PTR')).toEqual(['web.default.svc.cluster.local']);
  });

  it('of a headless Service resolve to its ready pods, together and by hostname', async () => {
    const world = await withDb();
    const ips = (family: number) =>
      podsOf(world.cluster1, { app: 'db' }).map(({ status }) => status?.podIPs?.[family]?.ip ?? '');
    expect(await ask(world, 'db.default.svc.cluster.local')).toEqual(ips(0).toSorted());
    expect(await ask(world, 'db.default.svc.cluster.local', 'AAAA')).toEqual(ips(1).toSorted());
    expect(await ask(world, 'db-1.db.default.svc.cluster.local')).toEqual([ips(0)[1]]);
    expect(await ask(world, 'db-2.db.default.svc.cluster.local')).toBe('NXDOMAIN');
    expect(await ask(world, '_http._tcp.db.default.svc.cluster.local', 'SRV')).toContain(
      '0 25 8080 db-0.db.default.svc.cluster.local',
    );
    expect(await get(world, 'http://db-1.db:8080')).toMatch(/^pod: db-1,/);
    const [six = ''] = ips(1);
    const nibbles = (await import('ipaddr.js')).default
      .parse(six)
      .toByteArray()
      .flatMap((byte) => [byte >> 4, byte & 15]);
    const reverse = `${nibbles
      .toReversed()
      .map((nibble) => nibble.toString(16))
      .join('.')}.ip6.arpa`;
    expect(await ask(world, reverse, 'PTR')).toEqual(['db-0.db.default.svc.cluster.local']);
  });

  it('of a headless Service without ready pods have no records', async () => {
    const world = await stillWorld();
    world.cluster1.api.create('/services', service('db', { clusterIP: 'None' }));
    await world.pass();
    expect(await ask(world, 'db.default.svc.cluster.local')).toBe('NXDOMAIN');
  });

  it('of ExternalName Services are aliases, which do not resolve outside', async () => {
    const world = await withWeb(1);
    const external = (name: string, externalName: string) =>
      world.cluster1.api.create('/services', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: NAMESPACE },
        spec: { type: 'ExternalName', externalName },
      });
    external('alias', 'web.default.svc.cluster.local');
    external('outside', 'example.org');
    external('circle', 'circle.default.svc.cluster.local');
    expect(await get(world, 'alias')).toMatch(/^pod: web-/);
    expect(await get(world, 'outside')).toBe('curl: (6) Could not resolve host: outside');
    expect(await get(world, 'circle')).toBe('curl: (6) Could not resolve host: circle');
  });

  it('of pods are derived from their addresses', async () => {
    const world = await stillWorld();
    expect(await ask(world, '10-1-2-3.default.pod.cluster.local')).toEqual(['10.1.2.3']);
    expect(await ask(world, '10-1-2-3.none.pod.cluster.local')).toBe('NXDOMAIN');
  });

  it("of the clusterset are resolved by the cluster's zone", async () => {
    const asked: string[] = [];
    const world = await stillWorld({
      clusterSetZone:
        (cluster) =>
        async ({ name, type }) => {
          asked.push(`${cluster} ${type} ${name}`);
          const records = type === 'A' ? [{ name, type, data: '10.1.99.9' }] : [];
          return { rcode: 'NOERROR', records };
        },
    });
    expect(await ask(world, 'web.default.svc.clusterset.local')).toEqual(['10.1.99.9']);
    expect(await get(world, 'web.default.svc.clusterset.local', 'cluster2')).toMatch(
      /^curl: \(7\) .*No route to host$/,
    );
    expect(asked).toContain('cluster2 A web.default.svc.clusterset.local');
  });

  it('of the clusterset do not exist without a zone', async () => {
    const world = await stillWorld();
    expect(await ask(world, 'web.default.svc.clusterset.local')).toBe('NXDOMAIN');
  });
});
