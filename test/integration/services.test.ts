/** Every kind of Service that can be exported, as imported by another cluster and by the exporter. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service, ServiceSpec } from '../../src/api/core.ts';
import type { EndpointPort } from '../../src/api/endpoint-slice.ts';
import type { JsonObject } from '../../src/api/json.ts';
import type { ServiceImportSpec } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { service, serviceExport, serviceImport, slice } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { clear, createAll, type Offer, offer, podAddress } from './offers.ts';
import { addresses, condition, type Held, held, type RunningFleet, runFleet } from './running-fleet.ts';

let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let ns: string;
let manual: string;

const PORT_81 = [{ name: 'http', port: 81, protocol: 'TCP' }];
const V4 = '10.1.9.1';
const V6 = 'fd00:10:1::91';

async function expectReady(name: string, cluster: Cluster = consumer): Promise<Held> {
  return eventually(async () => {
    const found = await held(cluster, ns, name);
    expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
    return found;
  });
}

const portsOf = ({ slices }: Held): EndpointPort[] => slices.flatMap(({ ports }) => ports ?? []);

/** A slice with an address of the family. */
const sliceOf = (name: string, family: 'IPv4' | 'IPv6') =>
  slice(ns, name, `${name}-${family.toLowerCase()}`, [family === 'IPv4' ? V4 : V6], { addressType: family });

beforeAll(async () => {
  const clusters = await sharedClusters();
  [exporter, consumer] = clusters;
  [ns, manual] = await Promise.all([freshNamespace(clusters, 'services'), freshNamespace(clusters, 'services-manual')]);
  fleet = await runFleet([exporter, consumer], {
    spec: { namespaces: [{ name: manual, import: { mode: 'Manual' } }] },
  });
});

afterAll(async () => {
  await Promise.all([ns, manual].map((name) => clear([exporter, consumer], name)));
  await fleet.stop();
});

describe('the IP families', () => {
  const FAMILIES = {
    IPv4: { families: ['IPv4'], policy: 'SingleStack' },
    IPv6: { families: ['IPv6'], policy: 'SingleStack' },
    'both, IPv4 first': { families: ['IPv4', 'IPv6'], policy: 'RequireDualStack' },
    'both, IPv6 first': { families: ['IPv6', 'IPv4'], policy: 'RequireDualStack' },
  } as const;
  const TYPES = { ClusterSetIP: {}, Headless: { clusterIP: 'None' } } as const;
  const CASES = Object.entries(TYPES).flatMap(([type, spec], one) =>
    Object.entries(FAMILIES).map(([title, { families, policy }], two) => {
      return { type, title, spec, families, policy, name: `family-${one}${two}` };
    }),
  );

  beforeAll(() =>
    createAll(
      exporter,
      CASES.flatMap(({ name, spec, families, policy }) => [
        service(ns, name, { ...spec, ipFamilies: families, ipFamilyPolicy: policy }),
        sliceOf(name, 'IPv4'),
        sliceOf(name, 'IPv6'),
        serviceExport(ns, name),
      ]),
    ),
  );

  it.each(CASES)(
    'of a $type Service, $title, are those of its import',
    async ({ type, name, families: all, policy }) => {
      const found = await expectReady(name);
      // In the order of the consumer, whose primary family may differ.
      const families = all.toSorted();
      expect(found.derived?.spec).toMatchObject({ ipFamilies: families, ipFamilyPolicy: policy });
      expect(found.import?.spec).toMatchObject({ type, ipFamilies: families });
      if (type === 'Headless') {
        expect(found.derived?.spec.clusterIPs).toEqual(['None']);
        expect(found.import?.spec.ips).toBeUndefined();
      } else {
        expect(found.import?.spec.ips).toEqual(found.derived?.spec.clusterIPs);
        expect(found.import?.spec.ips?.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'))).toEqual(families);
      }
      const isHeadless = found.slices.map(({ metadata }) => metadata.labels?.['service.kubernetes.io/headless'] === '');
      expect(new Set(isHeadless)).toEqual(new Set([type === 'Headless']));
      await eventually(async () => {
        expect(await addresses(consumer, ns, name)).toEqual(families.map((family) => (family === 'IPv4' ? V4 : V6)));
      });
    },
  );

  it('follow a Service that gets a second one', async () => {
    const name = 'family-more';
    await createAll(exporter, [
      service(ns, name),
      sliceOf(name, 'IPv4'),
      sliceOf(name, 'IPv6'),
      serviceExport(ns, name),
    ]);
    await expectReady(name);
    const both = { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' };
    await exporter.client.patch(RESOURCES.services, { namespace: ns, name }, { spec: both });
    await eventually(async () => {
      const found = await expectReady(name);
      expect(found.derived?.spec).toMatchObject(both);
      expect(found.import?.spec.ips).toEqual(found.derived?.spec.clusterIPs);
      expect(found.import?.spec.ips).toHaveLength(2);
      expect(await addresses(consumer, ns, name)).toEqual([V4, V6]);
    });
  });
});

describe('the IP families of an import of a user', () => {
  const asked = { 'family-asked': { ipFamilies: ['IPv4'] }, 'family-open': {} };

  const found = async (name: string) => {
    const { import: imported, derived } = await held(consumer, manual, name);
    expect(condition(imported, 'Ready')).toMatchObject({ status: 'True' });
    expect(imported?.spec.ips).toEqual(derived?.spec.clusterIPs);
    return { families: imported?.spec.ipFamilies, ips: imported?.spec.ips ?? [] };
  };

  it('are the requested ones, otherwise those of the exports; either way the address stays', async () => {
    for (const [name, spec] of Object.entries(asked)) {
      await createAll(exporter, [service(manual, name), serviceExport(manual, name)]);
      await consumer.create(serviceImport(manual, name, spec));
    }
    const [fixed, open] = await eventually(() => Promise.all(Object.keys(asked).map(found)));
    expect([fixed?.families, open?.families]).toEqual([['IPv4'], ['IPv4']]);
    const both = { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' };
    for (const name of Object.keys(asked)) {
      await exporter.client.patch(RESOURCES.services, { namespace: manual, name }, { spec: both });
    }
    // The import that changes was changed last.
    await eventually(async () => {
      expect(await found('family-open')).toEqual({
        families: both.ipFamilies,
        ips: [open?.ips[0], expect.stringContaining(':')],
      });
    });
    expect(await found('family-asked')).toEqual(fixed);
  });
});

describe('ports', () => {
  it('of TCP, UDP and SCTP are imported, even with the same number', async () => {
    const ports = [
      { name: 'tcp', port: 53, protocol: 'TCP' as const },
      { name: 'udp', port: 53, protocol: 'UDP' as const },
      { name: 'sctp', port: 3868, protocol: 'SCTP' as const, appProtocol: 'example.com/diameter' },
    ];
    await createAll(exporter, offer(exporter, ns, 'protocols', { spec: { ports } }));
    const found = await expectReady('protocols');
    expect(found.derived?.spec.ports).toMatchObject(ports);
    expect(found.import?.spec.ports).toEqual(ports);
    expect(portsOf(found)).toMatchObject(
      ports.map(({ name, port, protocol }) => ({ name, port: port + 8_000, protocol })),
    );
  });

  it('without a name stay unnamed', async () => {
    await createAll(exporter, offer(exporter, ns, 'no-name', { spec: { ports: [{ port: 80, protocol: 'TCP' }] } }));
    const found = await expectReady('no-name');
    expect(found.import?.spec.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(found.derived?.spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    expect(portsOf(found)).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
  });

  it('without a name are served under the requested name', async () => {
    const [name, ports] = ['asked', [{ name: 'web', port: 80, protocol: 'TCP' }]];
    await createAll(exporter, offer(exporter, manual, name, { spec: { ports: [{ port: 80, protocol: 'TCP' }] } }));
    await createAll(consumer, [serviceImport(manual, name, { ports })]);
    await eventually(async () => {
      const found = await held(consumer, manual, name);
      expect(condition(found.import, 'Ready')?.status).toBe('True');
      expect(found.derived?.spec.ports).toMatchObject(ports);
      expect(portsOf(found)).toEqual([{ name: 'web', port: 8080, protocol: 'TCP' }]);
    });
  });

  it('whose target differs between pods keep the number of each slice', async () => {
    const pods = (name: string, containerPort: number) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: ns, name },
      spec: {
        replicas: 1,
        selector: { matchLabels: { release: name } },
        template: {
          metadata: { labels: { app: 'versions', release: name } },
          spec: { containers: [{ name, image: name, ports: [{ name: 'web', containerPort }] }] },
        },
      },
    });
    await exporter.apply(
      service(ns, 'versions', {
        selector: { app: 'versions' },
        ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      }),
      pods('versions-1', 8081),
      pods('versions-2', 8082),
      serviceExport(ns, 'versions'),
    );
    await eventually(async () => {
      const found = await expectReady('versions');
      const byNumber = portsOf(found).toSorted((a, b) => (a.port ?? 0) - (b.port ?? 0));
      expect(byNumber).toEqual([
        { name: 'http', port: 8081, protocol: 'TCP' },
        { name: 'http', port: 8082, protocol: 'TCP' },
      ]);
      expect(await addresses(consumer, ns, 'versions')).toHaveLength(2);
      expect(found.derived?.spec.ports).toMatchObject([{ name: 'http', port: 80, targetPort: 80 }]);
    });
  });
});

describe('endpoints', () => {
  const POD = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name, labels: { app: name } },
    spec: { nodeName: 'cluster1-node1', containers: [{ name: 'web', image: 'web' }] },
  });

  const setReady = (name: string, status: 'True' | 'False') =>
    exporter.client.patch(
      POD,
      { namespace: ns, name },
      { status: { conditions: [{ type: 'Ready', status }] } },
      { subresource: 'status' },
    );

  /** Whether the endpoints are ready in the consumer. */
  async function readiness(name: string): Promise<(boolean | undefined)[]> {
    const { slices } = await held(consumer, ns, name);
    return slices.flatMap(({ endpoints }) => endpoints.map(({ conditions }) => conditions?.ready));
  }

  it('that are not ready are imported as not ready, or as ready if the Service publishes them', async () => {
    const names = { strict: false, lenient: true };
    await exporter.apply(
      ...Object.entries(names).flatMap(([app, publishNotReadyAddresses]) => [
        service(ns, app, { selector: { app }, publishNotReadyAddresses }),
        pod(app),
        serviceExport(ns, app),
      ]),
    );
    for (const name of Object.keys(names)) await eventually(async () => expect(await readiness(name)).toEqual([true]));
    await Promise.all(Object.keys(names).map((name) => setReady(name, 'False')));
    await eventually(async () => expect(await readiness('strict')).toEqual([false]));
    expect(await addresses(consumer, ns, 'strict')).toHaveLength(1);
    await exporter.client.patch(RESOURCES.services, { namespace: ns, name: 'lenient' }, { spec: { ports: PORT_81 } });
    await eventually(async () => {
      expect((await held(consumer, ns, 'lenient')).import?.spec.ports).toMatchObject(PORT_81);
      expect(await readiness('lenient')).toEqual([true]);
    });
    await setReady('strict', 'True');
    await eventually(async () => expect(await readiness('strict')).toEqual([true]));
  });

  it('of pods keep node and zone in their own cluster, and only the zone in others', async () => {
    await exporter.apply(
      service(ns, 'nodes', { selector: { app: 'nodes' }, internalTrafficPolicy: 'Local' }),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace: ns, name: 'nodes' },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'nodes' } },
          template: { metadata: { labels: { app: 'nodes' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
        },
      },
      serviceExport(ns, 'nodes'),
    );
    const endpointsIn = async (cluster: Cluster) => {
      const found = await expectReady('nodes', cluster);
      expect(found.derived?.spec.internalTrafficPolicy).toBe('Local');
      expect(found.import?.spec.internalTrafficPolicy).toBe('Local');
      const endpoints = found.slices.flatMap((each) => each.endpoints);
      expect(endpoints).toHaveLength(2);
      return endpoints;
    };
    const zone = expect.stringMatching(/^zone-[ab]$/);
    await eventually(async () => {
      for (const endpoint of await endpointsIn(exporter)) {
        expect(endpoint).toMatchObject({ zone, nodeName: expect.stringMatching(/^cluster1-node[12]$/) });
        expect(endpoint).not.toHaveProperty('targetRef');
      }
      for (const endpoint of await endpointsIn(consumer)) {
        expect(endpoint).toMatchObject({ zone });
        expect(endpoint).not.toHaveProperty('nodeName');
        expect(endpoint).not.toHaveProperty('targetRef');
      }
    });
  });

  it('have hints for their zones if the Service prefers close endpoints and each has a zone', async () => {
    // Otherwise the preference is lost in one of the clusters.
    const isKnown = [exporter, consumer].every(({ plane }) => plane.features.trafficDistribution);
    const hints = (zone: string) => (isKnown ? { forZones: [{ name: zone }] } : undefined);
    const close = { trafficDistribution: 'PreferClose' };
    const zoned = (name: string, zones: readonly (string | undefined)[]) => ({
      ...slice(ns, name, `${name}-a`, []),
      endpoints: zones.map((zone, index) => ({ addresses: [podAddress(exporter, 50 + index)], ...(zone && { zone }) })),
    });
    await createAll(exporter, [
      ...[service(ns, 'close', close), zoned('close', ['zone-a', 'zone-b']), serviceExport(ns, 'close')],
      ...[service(ns, 'half', close), zoned('half', ['zone-a', undefined]), serviceExport(ns, 'half')],
    ]);
    const found = await expectReady('close');
    expect(found.derived?.spec.trafficDistribution).toBe(isKnown ? 'PreferClose' : undefined);
    expect(found.import?.spec.trafficDistribution).toBe(isKnown ? 'PreferClose' : undefined);
    expect(found.slices.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints))).toEqual([
      hints('zone-a'),
      hints('zone-b'),
    ]);
    const half = await expectReady('half');
    expect(half.slices.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints))).toEqual([undefined, undefined]);
    await exporter.client.patch(
      RESOURCES.services,
      { namespace: ns, name: 'close' },
      { spec: { trafficDistribution: null } },
    );
    await eventually(async () => {
      const { derived, slices } = await held(consumer, ns, 'close');
      expect(derived?.spec.trafficDistribution).toBeUndefined();
      expect(slices.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints))).toEqual([undefined, undefined]);
    });
  });

  it('of a Service without selector are imported with their hostnames', async () => {
    const [first, second] = [podAddress(exporter, 60), podAddress(exporter, 61)];
    await createAll(exporter, [
      service(ns, 'hosts', { clusterIP: 'None' }),
      slice(ns, 'hosts', 'hosts-a', [first, second], { hostnames: ['db-0', 'db-1'] }),
      serviceExport(ns, 'hosts'),
    ]);
    const found = await expectReady('hosts');
    expect(
      found.slices.flatMap(({ endpoints }) => endpoints.map((each) => [each.hostname, ...each.addresses])),
    ).toEqual([
      ['db-0', first],
      ['db-1', second],
    ]);
  });
});

describe('session affinity', () => {
  const sticky = (timeoutSeconds: number) => ({
    sessionAffinity: 'ClientIP' as const,
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  });

  async function expectAffinity(expected: Partial<ServiceSpec> & Partial<ServiceImportSpec>): Promise<void> {
    await eventually(async () => {
      const { derived, import: imported } = await expectReady('sticky');
      for (const spec of [derived?.spec, imported?.spec]) {
        expect([spec?.sessionAffinity, spec?.sessionAffinityConfig]).toEqual([
          expected.sessionAffinity,
          expected.sessionAffinityConfig,
        ]);
      }
    });
  }

  it('is imported with its timeout, and each change of it', async () => {
    const change = (spec: object) =>
      exporter.client.patch(RESOURCES.services, { namespace: ns, name: 'sticky' }, { spec: { ...spec } });
    await createAll(exporter, offer(exporter, ns, 'sticky', { spec: sticky(60) }));
    await expectAffinity(sticky(60));
    await change(sticky(120));
    await expectAffinity(sticky(120));
    await change({ sessionAffinity: 'None', sessionAffinityConfig: null });
    await expectAffinity({ sessionAffinity: 'None' });
    await change({ sessionAffinity: 'ClientIP' });
    await expectAffinity(sticky(10_800));
  });
});

describe('exported labels and annotations', () => {
  const change = (name: string, spec: Offer['export']) =>
    exporter.client.patch(RESOURCES.serviceExports, { namespace: ns, name }, { spec: { ...spec } });

  it('are set on the import, follow changes, and are removed without affecting those of other clients', async () => {
    const exported = { exportedLabels: { team: 'red', tier: 'web' }, exportedAnnotations: { note: 'any text: {}' } };
    await createAll(exporter, offer(exporter, ns, 'labels', { export: exported }));
    const { import: first, derived, slices } = await expectReady('labels');
    expect(first?.metadata.labels).toMatchObject({ team: 'red', tier: 'web' });
    expect(first?.metadata.annotations).toMatchObject({ note: 'any text: {}' });
    for (const object of [derived, ...slices]) expect(object?.metadata.labels).not.toHaveProperty('team');

    await consumer.kubectl('label', 'serviceimport', '-n', ns, 'labels', 'mine=yes');
    const before = first?.metadata.labels ?? {};
    await exporter.client.patch(
      RESOURCES.serviceExports,
      { namespace: ns, name: 'labels' },
      { spec: { exportedLabels: { team: 'blue', tier: null }, exportedAnnotations: null } },
    );
    await eventually(async () => {
      const { import: second } = await held(consumer, ns, 'labels');
      const { tier: _, ...kept } = before;
      expect(second?.metadata.labels).toEqual({ ...kept, team: 'blue', mine: 'yes' });
      expect(second?.metadata.annotations ?? {}).not.toHaveProperty('note');
    });
  });

  it('with a reserved key are left out and reported, and the others are set', async () => {
    const exportedLabels = {
      team: 'red',
      'kubernetes.io/x': '1',
      'sub.k8s.io/x': '1',
      'catamaran.dev/import-origin': 'user',
      bad: 'not a label value!',
    };
    await createAll(exporter, offer(exporter, ns, 'reserved', { export: { exportedLabels } }));
    const { import: imported } = await expectReady('reserved');
    expect(imported?.metadata.labels).toEqual({ team: 'red', 'catamaran.dev/import-origin': 'automatic' });
    const ready = await eventually(async () => {
      const found = condition((await held(exporter, ns, 'reserved')).export, 'Ready');
      expect(found).toMatchObject({ status: 'True', reason: 'Exported' });
      return found;
    });
    expect(ready?.message).toContain('"catamaran.dev/import-origin" is reserved');
    expect(ready?.message).toContain('"bad" has a value that is not a valid label value');
    await change('reserved', { exportedLabels: { bad: 'good' } });
    await eventually(async () => {
      expect((await held(consumer, ns, 'reserved')).import?.metadata.labels).toMatchObject({ bad: 'good' });
    });
  });
});

describe('a derived Service that another client exposes', () => {
  const type = {
    type: 'LoadBalancer',
    allocateLoadBalancerNodePorts: false,
    loadBalancerSourceRanges: ['192.0.2.0/24'],
  };

  it.each<[string, JsonObject]>([
    ['by addresses', { externalIPs: ['192.0.2.1'] }],
    ['by its type', { type: 'NodePort' }],
    ['by a load balancer', type],
    ['to pods of its own', { selector: { app: 'other' } }],
  ])('rule 44: %s has the shape of the import again', async (title, spec) => {
    const name = title.replaceAll(' ', '-');
    await createAll(exporter, offer(exporter, ns, name));
    await expectReady(name);
    const key = { namespace: ns, name: `amcs-${name}` };
    const before = await consumer.client.get<Service>(RESOURCES.services, key);
    await consumer.client.patch(RESOURCES.services, key, { spec });
    await eventually(async () => {
      const after = await consumer.client.get<Service>(RESOURCES.services, key);
      expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
      expect(after.spec).toEqual(before.spec);
      await expectReady(name);
    });
  });
});
