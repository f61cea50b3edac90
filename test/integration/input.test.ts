/**
 * Invalid input is reported to its user, by a condition and an Event that name object and field, and affects nothing
 * else: after every test, the endpoints of a neighbour in the same namespace change, and its consumer has to follow.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointSlice } from '../../src/api/endpoint-slice.ts';
import type { Condition } from '../../src/api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { service, serviceExport, serviceImport, slice } from '../support/clusters/manifests.ts';
import { type Cluster, find } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { eventsOf } from './events.ts';
import { clear, createAll, move, offer, podAddress } from './offers.ts';
import { addresses, condition, type Held, held, type RunningFleet, runFleet } from './running-fleet.ts';

let clusters: readonly [Cluster, Cluster, Cluster];
let exporter: Cluster;
let consumer: Cluster;
let fleet: RunningFleet;
let automatic: string;
let manual: string;

/** Waits until the fault of an object is reported, in its status and by an Event. */
async function expectReported(
  cluster: Cluster,
  ns: string,
  kind: 'ServiceExport' | 'ServiceImport',
  name: string,
  expected: Pick<Condition, 'type' | 'status' | 'reason'>,
  message: string,
): Promise<void> {
  const text = expect.stringContaining(message);
  await eventually(async () => {
    const resource = kind === 'ServiceExport' ? RESOURCES.serviceExports : RESOURCES.serviceImports;
    const object = await find<ServiceExport | ServiceImport>(cluster, resource, ns, name);
    expect(condition(object, expected.type)).toMatchObject({ ...expected, message: text });
    const generation = object?.metadata.generation;
    expect(condition(object, expected.type)?.observedGeneration).toBe(generation);
  });
  await eventually(async () => {
    expect(await eventsOf(cluster, ns, kind, name)).toContainEqual({
      type: 'Warning',
      reason: expected.reason,
      message: text,
    });
  });
}

async function expectReady(ns: string, name: string): Promise<Held> {
  return eventually(async () => {
    const found = await held(consumer, ns, name);
    expect(condition(found.import, 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
    return found;
  });
}

/** Waits until the consumer has exactly these endpoints: a fault may be reported on the import before they arrive. */
async function expectAddresses(ns: string, name: string, expected: readonly string[]): Promise<void> {
  await eventually(async () => expect(await addresses(consumer, ns, name)).toEqual(expected));
}

let moves = 0;

/** Changes the endpoints of the neighbour, and waits until its consumer has them. */
async function expectNeighbourFollowed(ns: string): Promise<void> {
  const address = podAddress(exporter, 100 + (++moves % 100));
  await move(exporter, ns, 'neighbour', [address]);
  await eventually(async () => {
    expect(await addresses(consumer, ns, 'neighbour')).toEqual([address]);
    const found = await held(consumer, ns, 'neighbour');
    expect(condition(found.import, 'Ready')?.status).toBe('True');
    expect(found.derived?.spec.ports).toMatchObject([{ name: 'http', port: 80 }]);
  });
}

beforeAll(async () => {
  clusters = await sharedClusters();
  [exporter, consumer] = clusters;
  [automatic, manual] = await Promise.all([
    freshNamespace(clusters, 'input'),
    freshNamespace(clusters, 'input-manual'),
  ]);
  await Promise.all([automatic, manual].map((ns) => createAll(exporter, offer(exporter, ns, 'neighbour'))));
  await createAll(consumer, [serviceImport(manual, 'neighbour')]);
  fleet = await runFleet(clusters, { spec: { namespaces: [{ name: manual, import: { mode: 'Manual' } }] } });
});

afterAll(async () => {
  await Promise.all([automatic, manual].map((ns) => clear(clusters, ns)));
  await fleet.stop();
});

describe('an export', () => {
  let ns: string;

  beforeAll(() => {
    ns = automatic;
  });

  afterEach(() => expectNeighbourFollowed(ns));

  const invalid = (reason: string) => ({ type: 'Valid', status: 'False' as const, reason });

  it('without Service is invalid until the Service is created', async () => {
    await exporter.apply(serviceExport(ns, 'lonely'));
    await expectReported(
      exporter,
      ns,
      'ServiceExport',
      'lonely',
      invalid('NoService'),
      `Service "${ns}/lonely" does not exist`,
    );
    expect(await exporter.kubectl('describe', 'serviceexport', '-n', ns, 'lonely')).toMatch(
      new RegExp(`Events:.*Warning +NoService .*Service "${ns}/lonely" does not exist`, 's'),
    );
    const { export: exported } = await held(exporter, ns, 'lonely');
    expect(condition(exported, 'Ready')).toMatchObject({ status: 'False', reason: 'Pending' });
    expect(condition(exported, 'Conflict')).toBeUndefined();
    expect((await held(consumer, ns, 'lonely')).import).toBeUndefined();

    await exporter.apply(...offer(exporter, ns, 'lonely').slice(0, 2));
    await expectReady(ns, 'lonely');
    await eventually(async () => {
      const { export: now } = await held(exporter, ns, 'lonely');
      expect(condition(now, 'Valid')).toMatchObject({ status: 'True', reason: 'Valid' });
      expect(condition(now, 'Ready')).toMatchObject({ status: 'True', reason: 'Exported' });
      expect(condition(now, 'Conflict')).toMatchObject({ status: 'False', reason: 'NoConflicts' });
      expect(await eventsOf(exporter, ns, 'ServiceExport', 'lonely')).toContainEqual(
        expect.objectContaining({ type: 'Normal', reason: 'Exported' }),
      );
    });
    await expectAddresses(ns, 'lonely', [podAddress(exporter, 1)]);
  });

  it('of an ExternalName Service is invalid, and does not take part in the merge', async () => {
    const external = { type: 'ExternalName' as const, externalName: 'example.com', ports: [] };
    await exporter.apply(service(ns, 'external', external), serviceExport(ns, 'external'));
    await createAll(clusters[2], offer(clusters[2], ns, 'external'));
    await expectReported(
      ...([exporter, ns, 'ServiceExport', 'external'] as const),
      invalid('InvalidServiceType'),
      `Service "${ns}/external" is of type ExternalName`,
    );
    const { export: exported } = await held(exporter, ns, 'external');
    expect(condition(exported, 'Ready')).toMatchObject({ status: 'False', reason: 'Failed' });
    expect(condition(exported, 'Conflict')).toBeUndefined();
    const found = await expectReady(ns, 'external');
    expect(found.import?.status?.clusters).toEqual([{ cluster: 'cluster3' }]);
  });

  it('of a derived Service is invalid, and does not affect that Service', async () => {
    const before = await expectReady(ns, 'neighbour');
    await consumer.apply(serviceExport(ns, 'amcs-neighbour'));
    await expectReported(
      ...([consumer, ns, 'ServiceExport', 'amcs-neighbour'] as const),
      invalid('InvalidServiceType'),
      `Service "${ns}/amcs-neighbour" is derived from a ServiceImport`,
    );
    for (const cluster of clusters) expect((await held(cluster, ns, 'amcs-neighbour')).import).toBeUndefined();
    await consumer.kubectl('delete', 'serviceexport', '-n', ns, 'amcs-neighbour');
    await expectNeighbourFollowed(ns);
    expect((await held(consumer, ns, 'neighbour')).derived).toEqual(before.derived);
  });

  it('with a name of 63 characters has a derived Service with a shortened, unique name', async () => {
    const names = ['a', 'b'].map((last) => `${'long-'.repeat(12)}xx${last}`);
    expect(names.map((name) => name.length)).toEqual([63, 63]);
    await createAll(
      exporter,
      names.flatMap((name, index) => offer(exporter, ns, name, { addresses: [podAddress(exporter, 20 + index)] })),
    );
    const services = await Promise.all(
      names.map(async (name, index) => {
        await expectReady(ns, name);
        const { slices } = await held(consumer, ns, name);
        expect(slices.flatMap(({ endpoints }) => endpoints.flatMap((each) => each.addresses))).toEqual([
          podAddress(exporter, 20 + index),
        ]);
        return slices[0]?.metadata.labels?.['kubernetes.io/service-name'] ?? '';
      }),
    );
    expect(new Set(services).size).toBe(2);
    for (const derived of services) {
      expect(derived).toMatch(/^amcs-long-long-.{1,48}$/);
      const found = await find(consumer, RESOURCES.services, ns, derived);
      expect(found?.metadata.labels).toMatchObject({ 'catamaran.dev/derived-from': expect.stringMatching(/^long-/) });
    }
  });

  it('of a Service with 100 ports exports all of them', async () => {
    const ports = Array.from({ length: 100 }, (_, index) => ({
      name: `p${index}`,
      port: 1_000 + index,
      protocol: 'TCP' as const,
    }));
    await createAll(exporter, offer(exporter, ns, 'hundred', { spec: { ports } }));
    const found = await expectReady(ns, 'hundred');
    expect(found.import?.spec.ports).toEqual(ports);
    expect(found.derived?.spec.ports).toHaveLength(100);
    expect(found.slices[0]?.ports).toHaveLength(100);
    expect(found.slices[0]?.ports).toContainEqual({ name: 'p99', port: 9_099, protocol: 'TCP' });
  });

  it('of a slice with 1,000 endpoints exports all of them, and each change', async () => {
    const all = Array.from(
      { length: 1_000 },
      (_, index) => `10.1.${200 + Math.floor(index / 250)}.${1 + (index % 250)}`,
    );
    await createAll(exporter, offer(exporter, ns, 'thousand', { addresses: all }));
    await expectReady(ns, 'thousand');
    await expectAddresses(ns, 'thousand', all.toSorted());
    const changed = all.with(500, '10.1.210.1');
    await move(exporter, ns, 'thousand', changed);
    await eventually(async () => expect(await addresses(consumer, ns, 'thousand')).toEqual(changed.toSorted()));
    expect((await held(consumer, ns, 'thousand')).slices).toHaveLength(1);
  });

  it('with an unknown field is rejected by kubectl, and without validation loses the field', async () => {
    const manifest = { ...serviceExport(ns, 'typo'), spec: { exportedLabel: { team: 'red' } } };
    await expect(exporter.create(manifest)).rejects.toThrow(/unknown field "(spec\.)?exportedLabel"/);
    await createAll(exporter, offer(exporter, ns, 'typo').slice(0, 2));
    await createAll(exporter, [manifest]);
    const found = await expectReady(ns, 'typo');
    expect((await held(exporter, ns, 'typo')).export?.spec).toEqual({});
    expect(found.import?.metadata.labels).not.toHaveProperty('team');
  });
});

describe('an address', () => {
  let ns: string;
  beforeAll(() => {
    ns = automatic;
  });

  afterEach(() => expectNeighbourFollowed(ns));

  it.each(['127.0.0.1', '169.254.1.1', '224.0.0.1', '0.0.0.0'])('%s is rejected by the API server', async (address) => {
    await expect(createAll(exporter, [slice(ns, 'never', 'never-a', [address])])).rejects.toThrow(
      'endpoints[0].addresses[0]',
    );
  });

  const REFUSED = [
    { name: 'multicast', type: 'IPv4', address: '239.1.2.3', good: '10.1.9.30', because: '239.1.2.3 is multicast' },
    {
      name: 'foreign',
      type: 'IPv4',
      address: '10.2.9.9',
      good: '10.1.9.30',
      because: '10.2.9.9 is in a network of "cluster2"',
    },
    {
      name: 'broadcast',
      type: 'IPv4',
      address: '255.255.255.255',
      good: '10.1.9.30',
      because: '255.255.255.255 is the broadcast address',
    },
    { name: 'multicast6', type: 'IPv6', address: 'ff05::2', good: 'fd00:10:1::930', because: 'ff05::2 is multicast' },
    {
      name: 'foreign6',
      type: 'IPv6',
      address: 'fd00:10:2::9',
      good: 'fd00:10:1::930',
      because: 'fd00:10:2::9 is in a network of "cluster2"',
    },
    {
      name: 'fqdn',
      type: 'FQDN',
      address: 'db.example.com',
      good: undefined,
      because: 'db.example.com is a host name',
    },
  ] as const;

  it.each(REFUSED)('that is $name is left out and reported, and other addresses of its slice are not', async (each) => {
    const { name, type, address, good, because } = each;
    const families = { ipFamilyPolicy: 'RequireDualStack' as const };
    const bad = slice(ns, name, `${name}-bad`, good ? [address, good] : [address], { addressType: type });
    await createAll(exporter, [...offer(exporter, ns, name, { spec: families }), bad]);
    const refused = { type: 'catamaran.dev/EndpointsAccepted', status: 'False' as const, reason: 'AddressRefused' };
    await expectReported(exporter, ns, 'ServiceExport', name, refused, `EndpointSlice "${name}-bad": ${because}`);
    await expectReady(ns, name);
    await expectAddresses(ns, name, [podAddress(exporter, 1), ...(good ? [good] : [])].sort());

    await exporter.client.delete(RESOURCES.endpointSlices, { namespace: ns, name: `${name}-bad` });
    await eventually(async () => {
      const { export: exported } = await held(exporter, ns, name);
      expect(condition(exported, 'catamaran.dev/EndpointsAccepted')).toBeUndefined();
      expect(condition(exported, 'Ready')?.status).toBe('True');
      expect(await addresses(consumer, ns, name)).toEqual([podAddress(exporter, 1)]);
    });
  });
});

describe('an import', () => {
  let ns: string;
  const notReady = (reason: string) => ({ type: 'Ready', status: 'False' as const, reason });

  beforeAll(() => {
    ns = manual;
  });

  afterEach(() => expectNeighbourFollowed(ns));

  it('of a port that no member exports is reported, and the other ports are served', async () => {
    await createAll(exporter, offer(exporter, ns, 'port'));
    const ports = [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'extra', port: 81, protocol: 'TCP' },
    ];
    expect(await consumer.create(serviceImport(ns, 'port', { ports }))).toMatch(/ created\n$/);
    await expectReported(
      ...([consumer, ns, 'ServiceImport', 'port'] as const),
      notReady('PortNotExported'),
      'No cluster exports extra 81/TCP; exported: http 80/TCP',
    );
    await expectAddresses(ns, 'port', [podAddress(exporter, 1)]);
    const found = await held(consumer, ns, 'port');
    expect(found.import?.spec.ports).toEqual(ports);
    expect(found.slices.flatMap((each) => each.ports)).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);

    await exporter.client.patch(
      RESOURCES.services,
      { namespace: ns, name: 'port' },
      { spec: { ports: [...ports.map((each) => ({ ...each }))] } },
    );
    await expectReady(ns, 'port');
    await eventually(async () => {
      expect(await eventsOf(consumer, ns, 'ServiceImport', 'port')).toContainEqual(
        expect.objectContaining({ type: 'Normal', reason: 'Imported' }),
      );
    });
  });

  it('with another type is reported, and nothing is derived for it', async () => {
    await createAll(exporter, offer(exporter, ns, 'type'));
    // An import that is known before its export would be served as requested.
    await eventually(async () => {
      expect(condition((await held(exporter, ns, 'type')).export, 'Ready')?.status).toBe('True');
    });
    await createAll(consumer, [serviceImport(ns, 'type', { type: 'Headless' })]);
    await expectReported(
      ...([consumer, ns, 'ServiceImport', 'type'] as const),
      notReady('TypeMismatch'),
      'spec.type is "Headless", but the Service is exported as "ClusterSetIP"',
    );
    expect(await held(consumer, ns, 'type')).toMatchObject({ derived: undefined, slices: [] });
    await consumer.client.patch(
      RESOURCES.serviceImports,
      { namespace: ns, name: 'type' },
      { spec: { type: 'ClusterSetIP' } },
    );
    await expectReady(ns, 'type');
  });

  it.each([
    {
      name: 'protocol',
      port: { name: 'http', port: 80, protocol: 'HTTP' },
      message: 'spec.ports[1].protocol: "HTTP" is not',
    },
    { name: 'number', port: { name: 'x', port: 70_000 }, message: 'spec.ports[1].port: 70000 is not allowed' },
    {
      name: 'name',
      port: { name: 'Not_A_Label', port: 81 },
      message: 'spec.ports[1].name: "Not_A_Label" is not allowed',
    },
    {
      name: 'twice',
      port: { name: 'again', port: 80 },
      message: 'spec.ports[1].port: 80/TCP duplicates spec.ports[0]',
    },
  ])('of a port with an invalid $name is reported, and the other ports are served', async ({ name, port, message }) => {
    await createAll(exporter, offer(exporter, ns, name));
    const good = { name: 'http', port: 80, protocol: 'TCP' };
    await createAll(consumer, [serviceImport(ns, name, { ports: [good, port] })]);
    await expectReported(consumer, ns, 'ServiceImport', name, notReady('InvalidPort'), message);
    await expectAddresses(ns, name, [podAddress(exporter, 1)]);
    const found = await held(consumer, ns, name);
    expect(found.derived?.spec.ports).toMatchObject([good]);
    expect(found.import?.spec.ports).toHaveLength(2);
  });

  it.each([
    { field: 'sessionAffinity', spec: { sessionAffinity: 'Sticky' }, message: 'spec.sessionAffinity: "Sticky" is not' },
    {
      field: 'internalTrafficPolicy',
      spec: { internalTrafficPolicy: 'local' },
      message: 'spec.internalTrafficPolicy: "local" is not',
    },
    {
      field: 'trafficDistribution',
      spec: { trafficDistribution: 'Near' },
      message: 'spec.trafficDistribution: "Near" is not',
    },
    {
      field: 'timeoutSeconds',
      spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      message: 'spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not allowed',
    },
  ])('with an invalid $field is reported, and served without it', async ({ field, spec, message }) => {
    const name = field.toLowerCase();
    await createAll(exporter, offer(exporter, ns, name));
    await createAll(consumer, [serviceImport(ns, name, spec)]);
    await expectReported(consumer, ns, 'ServiceImport', name, notReady('InvalidField'), message);
    await expectAddresses(ns, name, [podAddress(exporter, 1)]);
  });

  it('of a name that no member exports is reported, and is ready once one does', async () => {
    await createAll(consumer, [serviceImport(ns, 'unexported')]);
    await expectReported(
      ...([consumer, ns, 'ServiceImport', 'unexported'] as const),
      notReady('NotExported'),
      `No cluster exports "${ns}/unexported"`,
    );
    const before = await held(consumer, ns, 'unexported');
    expect(before.slices).toEqual([]);
    expect(before.import?.status?.clusters ?? []).toEqual([]);
    await createAll(exporter, offer(exporter, ns, 'unexported'));
    await expectReady(ns, 'unexported');
    await expectAddresses(ns, 'unexported', [podAddress(exporter, 1)]);
  });

  it('leaves a Service of a user with the derived name alone, and is served once that is deleted', async () => {
    const foreign = service(ns, 'amcs-taken', { ports: [{ name: 'mine', port: 1234 }], selector: { app: 'mine' } });
    await consumer.apply(foreign);
    const before = await find(consumer, RESOURCES.services, ns, 'amcs-taken');
    await createAll(exporter, offer(exporter, ns, 'taken'));
    await createAll(consumer, [serviceImport(ns, 'taken')]);
    await expectReported(
      ...([consumer, ns, 'ServiceImport', 'taken'] as const),
      notReady('NameConflict'),
      'Service "amcs-taken" already exists and is not managed by Catamaran; rename or delete it',
    );
    await expectNeighbourFollowed(ns);
    expect(await held(consumer, ns, 'taken')).toMatchObject({ derived: before, slices: [] });
    expect((await held(consumer, ns, 'taken')).import?.spec.ips ?? []).toEqual([]);

    await consumer.kubectl('delete', 'service', '-n', ns, 'amcs-taken');
    const found = await expectReady(ns, 'taken');
    expect(found.derived?.metadata.labels).toMatchObject({ 'catamaran.dev/derived-from': 'taken' });
    expect(found.import?.spec.ips).toEqual([found.derived?.spec.clusterIP]);
    await expectAddresses(ns, 'taken', [podAddress(exporter, 1)]);
  });

  it('reports an Endpoints object of a user with the name of its derived Service', async () => {
    await createAll(exporter, offer(exporter, ns, 'mirrored'));
    await createAll(consumer, [serviceImport(ns, 'mirrored')]);
    await expectReady(ns, 'mirrored');
    await consumer.apply({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { namespace: ns, name: 'amcs-mirrored' },
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ name: 'http', port: 8080 }] }],
    });
    const mirrored = await eventually(async () => {
      const labelSelector = 'kubernetes.io/service-name=amcs-mirrored';
      const { items } = await consumer.client.list<EndpointSlice>(RESOURCES.endpointSlices, {
        namespace: ns,
        labelSelector,
      });
      const found = items.find((each) => each.endpoints.some((endpoint) => endpoint.addresses.includes('192.0.2.1')));
      expect(found).toBeDefined();
      return found?.metadata.name;
    });
    await expectReported(
      ...([consumer, ns, 'ServiceImport', 'mirrored'] as const),
      notReady('ForeignEndpoints'),
      `EndpointSlices of Service "amcs-mirrored" that are not managed by Catamaran receive part of its connections: "${mirrored}"`,
    );
    await expectAddresses(ns, 'mirrored', [podAddress(exporter, 1)]);
    await consumer.kubectl('delete', 'endpoints', '-n', ns, 'amcs-mirrored');
    await expectReady(ns, 'mirrored');
  });

  it('with an unknown field is rejected by kubectl, and without validation loses the field', async () => {
    const manifest = serviceImport(ns, 'typo');
    const typo = { ...manifest, spec: { ...manifest.spec, port: [] } };
    await expect(consumer.create(typo)).rejects.toThrow(/unknown field "(spec\.)?port"/);
    await createAll(exporter, offer(exporter, ns, 'typo'));
    await createAll(consumer, [typo]);
    const found = await expectReady(ns, 'typo');
    expect(found.import?.spec).not.toHaveProperty('port');
  });

  it.each([
    { name: 'with.dots', because: 'metadata.name: Invalid value: "amcs-with.dots"' },
    { name: 'x'.repeat(64), because: 'must be no more than 63' },
  ])(
    'with a name that no Service can have ($name) reports the response of the API server',
    async ({ name, because }) => {
      await createAll(consumer, [serviceImport(ns, name)]);
      await expectReported(consumer, ns, 'ServiceImport', name, notReady('Rejected'), because);
    },
  );
});
