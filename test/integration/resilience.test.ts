/** A fleet when parts of it become unavailable: nothing is lost, and there are no unnecessary writes. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RESOURCES } from '../../src/api/resources.ts';
import { WANTED_BY } from '../../src/controller/election.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import { adminClient, type Cluster, find } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { Gate } from './gate.ts';
import {
  addresses,
  condition,
  fleetConfig,
  held,
  type RunningFleet,
  type RunOptions,
  runFleet,
} from './running-fleet.ts';

let clusters: readonly [Cluster, Cluster, Cluster];
const running: RunningFleet[] = [];

async function run(members: readonly Cluster[], options: RunOptions = {}): Promise<RunningFleet> {
  const fleet = await runFleet(members, options);
  running.push(fleet);
  return fleet;
}

async function writesOf(fleet: RunningFleet): Promise<number> {
  const metric = await fleet.metrics.registry.getSingleMetric('catamaran_writes_total')?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

async function idle(fleet: RunningFleet): Promise<void> {
  await eventually(async () => {
    const metric = await fleet.metrics.registry.getSingleMetric('catamaran_queue_depth')?.get();
    expect(metric?.values.filter(({ value }) => value > 0)).toEqual([]);
  });
}

/** Exports `name` from the first cluster with one slice, and waits for its import in the second one. */
async function exported(ns: string, name: string, address = '10.1.9.1'): Promise<void> {
  const [first, second] = clusters;
  await first.apply(service(ns, name), slice(ns, name, `${name}-a`, [address]), serviceExport(ns, name));
  await eventually(async () => {
    expect(await addresses(second, ns, name)).toEqual([address]);
    expect(condition((await held(second, ns, name)).import, 'Ready')?.status).toBe('True');
  });
}

/** Connects as the fixture does, with some client methods of one cluster replaced. */
function altered(cluster: Cluster, change: (client: KubeClient) => Partial<KubeClient>): (of: Cluster) => KubeClient {
  return (of) => {
    const client = adminClient(of.plane);
    if (of !== cluster) return client;
    const changed = change(client);
    return new Proxy(client, {
      get: (target, name) => {
        const member: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  };
}

beforeAll(async () => {
  clusters = await sharedClusters();
});

async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((fleet) => fleet.stop()));
}

afterEach(stopAll);

describe('a restart', () => {
  it('writes nothing if everything is up to date', async () => {
    const ns = await freshNamespace(clusters, 'restart');
    const first = await run(clusters);
    for (const name of ['a', 'b', 'c']) await exported(ns, name);
    await first.stop();
    const second = await run(clusters);
    // A change after everything else shows that the first pass is complete.
    await exported(ns, 'd');
    const metric = await second.metrics.registry.getSingleMetric('catamaran_writes_total')?.get();
    expect(metric?.values.length).toBeGreaterThan(0);
    const versions = async () =>
      (await Promise.all(['a', 'b', 'c'].flatMap((name) => clusters.map((cluster) => held(cluster, ns, name))))).map(
        ({ import: imported, derived, slices }) =>
          [imported, derived, ...slices].map((object) => object?.metadata.resourceVersion),
      );
    const before = await versions();
    await idle(second);
    await second.stop();
    const third = await run(clusters);
    await eventually(async () => expect(third.controller.status().members.every(({ writer }) => writer)).toBe(true));
    await idle(third);
    expect(await writesOf(third)).toBe(0);
    expect(await versions()).toEqual(before);
  });

  it('applies what changed while the controller was down', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'away');
    const fleet = await run(clusters);
    await exported(ns, 'moved');
    await exported(ns, 'gone');
    await fleet.stop();
    await first.apply(slice(ns, 'moved', 'moved-a', ['10.1.9.2', '10.1.9.3']));
    await first.kubectl('delete', 'serviceexport', '-n', ns, 'gone');
    await run(clusters);
    await eventually(async () => {
      expect(await addresses(second, ns, 'moved')).toEqual(['10.1.9.2', '10.1.9.3']);
      expect((await held(second, ns, 'gone')).import).toBeUndefined();
    });
  });
});

describe('an unreachable member', () => {
  const spec = { unreachableAfter: '1s' };

  it('keeps its endpoints in consumers, is reported on the imports, and is followed once it is reachable', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'lost');
    const gate = new Gate(first.plane.server);
    await gate.open();
    try {
      const connect = (cluster: Cluster) => adminClient(cluster.plane, cluster === first ? gate.server : undefined);
      await run(clusters, { spec, connect });
      await exported(ns, 'kept');
      gate.cut();
      await eventually(async () => {
        const { import: imported } = await held(second, ns, 'kept');
        expect(condition(imported, 'catamaran.dev/SourcesReachable')).toMatchObject({
          status: 'False',
          reason: 'MemberUnreachable',
          message: expect.stringContaining('"cluster1"'),
        });
      });
      expect(await addresses(second, ns, 'kept')).toEqual(['10.1.9.1']);
      await first.apply(slice(ns, 'kept', 'kept-a', ['10.1.9.7']));
      expect(await addresses(second, ns, 'kept')).toEqual(['10.1.9.1']);
      gate.restore();
      await eventually(async () => {
        expect(await addresses(second, ns, 'kept')).toEqual(['10.1.9.7']);
        expect(condition((await held(second, ns, 'kept')).import, 'catamaran.dev/SourcesReachable')?.status).not.toBe(
          'False',
        );
      });
    } finally {
      gate.restore();
      await stopAll(); // while the Leases can still be released
      await gate.close();
    }
  });

  it('keeps its endpoints in consumers across a restart of the controller, while others are followed', async () => {
    const [first, second, third] = clusters;
    const ns = await freshNamespace(clusters, 'unknown');
    const before = await run(clusters);
    await exported(ns, 'both');
    await third.apply(service(ns, 'both'), slice(ns, 'both', 'both-c', ['10.3.9.1']), serviceExport(ns, 'both'));
    await eventually(async () => expect(await addresses(second, ns, 'both')).toEqual(['10.1.9.1', '10.3.9.1']));
    await before.stop();

    const gate = new Gate(first.plane.server);
    await gate.open();
    gate.cut();
    try {
      const connect = (cluster: Cluster) => adminClient(cluster.plane, cluster === first ? gate.server : undefined);
      await run(clusters, { spec, connect });
      await third.apply(slice(ns, 'both', 'both-c', ['10.3.9.2']));
      await eventually(async () => expect(await addresses(second, ns, 'both')).toEqual(['10.1.9.1', '10.3.9.2']));
      // The known exporter leaves; the unknown one may still export the name.
      await third.kubectl('delete', 'serviceexport', '-n', ns, 'both');
      await eventually(async () => expect(await addresses(second, ns, 'both')).toEqual(['10.1.9.1']));
      expect((await held(second, ns, 'both')).import?.status?.clusters).toEqual([
        { cluster: 'cluster1' },
        { cluster: 'cluster3' },
      ]);
      gate.restore();
      await eventually(async () => {
        expect((await held(second, ns, 'both')).import?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
        expect(await addresses(second, ns, 'both')).toEqual(['10.1.9.1']);
      });
    } finally {
      gate.restore();
      await stopAll(); // while the Leases can still be released
      await gate.close();
    }
  });
});

describe('two replicas', () => {
  const spec = { lease: { duration: '3s', renewDeadline: '2s', retryPeriod: '500ms' } };
  const writers = (fleet: RunningFleet) =>
    fleet.controller
      .status()
      .members.filter(({ writer }) => writer)
      .map(({ name }) => name);

  it('split the members, and take over from one that stops', async () => {
    const ns = await freshNamespace(clusters, 'replicas');
    const a = await run(clusters, { spec, identity: 'a' });
    await eventually(() => expect(writers(a)).toHaveLength(3));
    const b = await run(clusters, { spec, identity: 'b' });
    await eventually(() => {
      expect([...writers(a), ...writers(b)].sort()).toEqual(['cluster1', 'cluster2', 'cluster3']);
      expect(Math.min(writers(a).length, writers(b).length)).toBe(1);
    });
    await exported(ns, 'shared');
    await a.stop();
    await eventually(() => expect(writers(b)).toHaveLength(3));
    await exported(ns, 'taken-over');
    // No request of the other replica is left that would make this one release a Lease.
    for (const { client } of clusters) {
      const lease = await client.get(RESOURCES.leases, { namespace: 'kube-system', name: 'catamaran' });
      expect(lease.metadata.annotations ?? {}).not.toHaveProperty([WANTED_BY]);
    }
  });

  it('take over from one that crashed, once its Leases have expired', async () => {
    const ns = await freshNamespace(clusters, 'crash');
    const [first] = clusters;
    await run(clusters, { spec: { ...spec, lease: { ...spec.lease, name: 'crash' } }, identity: 'b' });
    // A Lease of a replica that never renews it again.
    await first.client.create(RESOURCES.leases, 'kube-system', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'abandoned', namespace: 'kube-system' },
      spec: { holderIdentity: 'ghost', leaseDurationSeconds: 3, renewTime: '2026-01-01T00:00:00.000000Z' },
    });
    const b = await run(clusters, { spec: { ...spec, lease: { ...spec.lease, name: 'abandoned' } }, identity: 'c' });
    await eventually(() => expect(writers(b)).toContain('cluster1'));
    await exported(ns, 'after-crash');
  });
});

describe('an API server that rejects a derived object', () => {
  it('is quoted on the import, which recovers once the object is accepted', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'refused');
    let refuses = true;
    const connect = altered(second, (client) => ({
      create: (resource, namespace, object, options) => {
        const bad =
          refuses && resource.kind === 'Service' ? { ...object, spec: { ports: [{ port: 70_000 }] } } : object;
        return client.create(resource, namespace, bad, options);
      },
    }));
    await run([first, second], { connect });
    await first.apply(service(ns, 'web'), slice(ns, 'web', 'web-a', ['10.1.9.1']), serviceExport(ns, 'web'));
    await eventually(async () => {
      expect(condition((await held(second, ns, 'web')).import, 'Ready')).toMatchObject({
        status: 'False',
        reason: 'Rejected',
        message: expect.stringMatching(/spec\.ports\[0\]\.port: Invalid value: 70000/),
      });
    });
    refuses = false;
    await eventually(async () => {
      expect(condition((await held(second, ns, 'web')).import, 'Ready')).toMatchObject({ status: 'True' });
      expect(await addresses(second, ns, 'web')).toEqual(['10.1.9.1']);
    });
  });
});

describe('an admission webhook that reverts writes', () => {
  it('is reported, and not fought endlessly', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'webhook');
    const log = new MemoryLogger();
    let patches = 0;
    const connect = altered(second, (client) => ({
      patch: (resource, object, body, options) => {
        if (resource.kind === 'EndpointSlice') patches++;
        const undone = resource.kind === 'EndpointSlice' ? { ...body, endpoints: [] } : body;
        return client.patch(resource, object, undone, options);
      },
    }));
    await run([first, second], { connect, logger: log });
    await exported(ns, 'fought');
    await exported(ns, 'neighbour');
    await first.apply(slice(ns, 'fought', 'fought-a', ['10.1.9.5']));
    await eventually(() => {
      expect(log.lines).toContainEqual({
        level: 'warn',
        message: 'writes are being reverted by another client',
        fields: expect.objectContaining({ member: 'cluster2', service: `${ns}/fought` }),
      });
    });
    expect(patches).toBeLessThan(60);
    await exported(ns, 'another');
  });
});

describe('a change of the prefix of derived Services', () => {
  it('renames them, and leaves no old ones behind', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'prefix');
    const fleet = await run([first, second]);
    await exported(ns, 'web');
    await fleet.controller.configure(fleetConfig([first, second], { spec: { derivedPrefix: 'mc-' } }));
    await eventually(async () => {
      const services = await second.client.list(RESOURCES.services, { namespace: ns });
      expect(services.items.map(({ metadata }) => metadata.name)).toEqual(['mc-web']);
      const { slices } = await held(second, ns, 'web');
      expect(slices.map(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'])).toEqual(['mc-web']);
      expect(condition((await held(second, ns, 'web')).import, 'Ready')?.status).toBe('True');
    });
  });
});

describe('a member that leaves', () => {
  it('is removed from all consumers and cleaned up; adding it again restores it', async () => {
    const [first, second, third] = clusters;
    const ns = await freshNamespace(clusters, 'leave');
    const fleet = await run(clusters);
    await exported(ns, 'from-1');
    await third.apply(
      service(ns, 'from-3'),
      slice(ns, 'from-3', 'from-3-a', ['10.3.9.1']),
      serviceExport(ns, 'from-3'),
    );
    await eventually(async () => expect(await addresses(first, ns, 'from-3')).toEqual(['10.3.9.1']));

    await fleet.controller.configure(fleetConfig([second, third]));
    await eventually(async () => {
      expect((await held(second, ns, 'from-1')).import).toBeUndefined();
      expect(await held(first, ns, 'from-3')).toMatchObject({ import: undefined, derived: undefined, slices: [] });
      expect((await held(first, ns, 'from-1')).export?.status?.conditions ?? []).toEqual([]);
      expect(fleet.controller.status().members.map(({ name }) => name)).toEqual(['cluster2', 'cluster3']);
    });
    // Exports and Services belong to the user.
    expect(await find(first, RESOURCES.services, ns, 'from-1')).toBeDefined();
    expect(await addresses(second, ns, 'from-3')).toEqual(['10.3.9.1']);

    await fleet.controller.configure(fleetConfig(clusters));
    await eventually(async () => {
      expect(await addresses(second, ns, 'from-1')).toEqual(['10.1.9.1']);
      expect(await addresses(first, ns, 'from-3')).toEqual(['10.3.9.1']);
    });
  });
});
