/**
 * Conflicting exports: the oldest wins, and every exporter reports the conflict.
 * KEP-1645, "Constraints and Conflict Resolution".
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServicePort, ServiceSpec } from '../../src/api/core.ts';
import type { ServiceExport, ServiceImportSpec } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { service } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { sharedPlanes } from '../support/clusters/shared-planes.ts';
import type { SharedControlPlane } from '../support/setup/control-planes.ts';
import { eventsOf } from './events.ts';
import { clear, createAll, move, type Offer, offer, podAddress } from './offers.ts';
import { addresses, condition, type Held, held, type RunningFleet, runFleet } from './running-fleet.ts';

const port = (name: string, number: number): ServicePort => ({ name, port: number, protocol: 'TCP' });

const http = port('http', 80);
const otherHttp = port('http', 8080);
const admin = port('admin', 9000);

/** A conflict of two exports. */
interface Case {
  readonly name: string;
  readonly older: Offer;
  readonly younger: Offer;
  readonly reason: string;
  /** The value of each side in the message. */
  readonly values: readonly [older: string, younger: string];
  /** The part of the message for conflicts without a winner. */
  /** Expected fields of the import. */
  readonly spec?: Partial<ServiceImportSpec>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const spec = (fields: Partial<ServiceSpec>): Offer => ({ spec: fields });
const sticky = (timeoutSeconds: number) =>
  spec({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } });

const CASES: readonly Case[] = [
  {
    name: 'port',
    older: spec({ ports: [http] }),
    younger: spec({ ports: [otherHttp] }),
    reason: 'PortConflict',
    values: ['http 80/TCP', 'http 8080/TCP'],
    spec: { ports: [http] },
  },
  {
    name: 'protocol',
    older: spec({ ports: [http] }),
    younger: spec({ ports: [{ ...http, protocol: 'UDP' }] }),
    reason: 'PortConflict',
    values: ['http 80/TCP', 'http 80/UDP'],
    spec: { ports: [http] },
  },
  {
    name: 'type',
    older: spec({ ports: [http] }),
    younger: spec({ clusterIP: 'None', ports: [http] }),
    reason: 'TypeConflict',
    values: ['ClusterSetIP', 'Headless'],
    spec: { type: 'ClusterSetIP' },
  },
  {
    name: 'headless',
    older: spec({ clusterIP: 'None', ports: [http] }),
    younger: spec({ ports: [http] }),
    // A headless Service without a selector has both families.
    reason: 'TypeConflict,IPFamilyConflict',
    values: ['Headless', 'ClusterSetIP'],
    spec: { type: 'Headless' },
  },
  {
    name: 'affinity',
    older: sticky(100),
    younger: {},
    reason: 'SessionAffinityConflict',
    values: ['ClientIP', 'None'],
    spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } },
  },
  {
    name: 'timeout',
    older: sticky(100),
    younger: sticky(200),
    reason: 'SessionAffinityConfigConflict',
    values: ['a timeout of 100 s', 'a timeout of 200 s'],
    spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } },
  },
  {
    name: 'policy',
    older: spec({ internalTrafficPolicy: 'Local' }),
    younger: {},
    reason: 'InternalTrafficPolicyConflict',
    values: ['Local', 'Cluster'],
    spec: { internalTrafficPolicy: 'Local' },
  },
  {
    name: 'distribution',
    older: spec({ trafficDistribution: 'PreferClose' }),
    younger: {},
    reason: 'TrafficDistributionConflict',
    values: ['PreferClose', 'none'],
    spec: { trafficDistribution: 'PreferClose' },
  },
  {
    name: 'labels',
    older: { export: { exportedLabels: { team: 'red', tier: '1' } } },
    younger: { export: { exportedLabels: { team: 'blue' } } },
    reason: 'LabelsConflict',
    values: ['team=red, tier=1', 'team=blue'],
    labels: { team: 'red', tier: '1' },
  },
  {
    name: 'annotations',
    older: { export: { exportedAnnotations: { 'example.com/contact': 'red' } } },
    younger: {},
    reason: 'AnnotationsConflict',
    values: ['example.com/contact=red', 'none'],
    annotations: { 'example.com/contact': 'red' },
  },
  {
    name: 'families',
    older: spec({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }),
    younger: spec({ ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' }),
    reason: 'IPFamilyConflict',
    values: ['IPv4', 'IPv6'],
    spec: { ipFamilies: ['IPv4'] },
  },
  {
    name: 'many',
    older: spec({ ports: [http], internalTrafficPolicy: 'Local' }),
    younger: spec({ ports: [otherHttp] }),
    reason: 'PortConflict,InternalTrafficPolicyConflict',
    values: ['http 80/TCP', 'http 8080/TCP'],
    spec: { ports: [http], internalTrafficPolicy: 'Local' },
  },
];

/** A cluster without `trafficDistribution` drops the field, so its Service has none. */
const EXPECTED = CASES.filter(({ name }) => name !== 'distribution' || sharedPlanes().every(isCurrent));

function isCurrent({ features }: SharedControlPlane): boolean {
  return features.trafficDistribution;
}

let clusters: readonly [Cluster, Cluster, Cluster];
let fleet: RunningFleet;
const namespaces: string[] = [];

async function newNamespace(base: string): Promise<string> {
  const name = await freshNamespace(clusters, base);
  namespaces.push(name);
  return name;
}

/** Waits until a new export is younger than all those of `cluster`: timestamps have a resolution of one second. */
async function aSecondLater({ client }: Cluster, ns: string): Promise<void> {
  const { items } = await client.list<ServiceExport>(RESOURCES.serviceExports, { namespace: ns });
  const newest = Math.max(...items.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '')));
  await eventually(() => expect(Date.now()).toBeGreaterThanOrEqual(newest + 1_000));
}

function conflictOf({ export: exported }: Held) {
  return condition(exported, 'Conflict');
}

/** Target ports of the derived slices of one source, by port name. */
function portsFrom({ slices }: Held, source: Cluster): [string | undefined, number | undefined][] {
  return slices
    .filter(({ metadata }) => metadata.labels?.['multicluster.kubernetes.io/source-cluster'] === source.name)
    .flatMap(({ ports }) =>
      (ports ?? []).map(({ name, port: target }): [string | undefined, number | undefined] => [name, target]),
    );
}

beforeAll(async () => {
  clusters = await sharedClusters();
});

afterAll(async () => {
  await Promise.all(namespaces.map((ns) => clear(clusters, ns)));
  await fleet.stop();
});

describe.each([
  { order: 'the first cluster is the older exporter', first: 0, second: 1, early: true },
  { order: 'the second cluster is the older exporter', first: 1, second: 0, early: true },
  { order: 'the controller starts after both', first: 1, second: 0, early: false },
] as const)('exports at odds, where $order', ({ first, second, early }) => {
  let older: Cluster;
  let younger: Cluster;
  let consumer: Cluster;
  let ns: string;

  beforeAll(async () => {
    [older, younger, consumer] = [clusters[first], clusters[second], clusters[2]];
    ns = await newNamespace('conflicts');
    if (early) fleet ??= await runFleet(clusters);
    else await fleet.stop();
    await createAll(
      older,
      CASES.flatMap((each) => offer(older, ns, each.name, each.older)),
    );
    await aSecondLater(older, ns);
    await createAll(
      younger,
      CASES.flatMap((each) => offer(younger, ns, each.name, each.younger)),
    );
    if (!early) fleet = await runFleet(clusters);
  });

  it.each(EXPECTED)('report $reason on both exporters ($name), and import the value of the older one', async (each) => {
    for (const exporter of [older, younger]) {
      const conflict = await eventually(async () => {
        const found = conflictOf(await held(exporter, ns, each.name));
        expect(found).toMatchObject({ status: 'True', reason: each.reason });
        return found;
      });
      const winner = `"${older.name}" has ${each.values[0]} and wins as the oldest export; `;
      expect(conflict?.message).toContain(`${winner}"${younger.name}" has ${each.values[1]}`);
    }
    await eventually(async () => {
      const { import: imported } = await held(consumer, ns, each.name);
      expect(imported?.spec).toMatchObject(each.spec ?? {});
      expect(imported?.metadata.labels).toMatchObject(each.labels ?? {});
      expect(imported?.metadata.annotations ?? {}).toMatchObject(each.annotations ?? {});
      expect(imported?.status?.clusters).toEqual([{ cluster: older.name }, { cluster: younger.name }]);
    });
  });

  it('warn both exporters with an Event', async () => {
    for (const exporter of [older, younger]) {
      await eventually(async () => {
        expect(await eventsOf(exporter, ns, 'ServiceExport', 'port')).toContainEqual({
          type: 'Warning',
          reason: 'PortConflict',
          message: expect.stringContaining('"cluster1"'),
        });
      });
    }
  });

  it('route a port only to the cluster that exports it as imported', async () => {
    await eventually(async () => {
      const found = await held(consumer, ns, 'port');
      expect(portsFrom(found, older)).toEqual([['http', 8080]]);
      expect(portsFrom(found, younger)).toEqual([]);
      expect(await addresses(consumer, ns, 'port')).toEqual([podAddress(older, 1)]);
    });
  });

  it('import no endpoints of other families than the import has', async () => {
    const { derived } = await held(consumer, ns, 'families');
    expect(derived?.spec).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  });
});

describe('a conflict', () => {
  const metrics = port('metrics', 9100);
  const unnamed: ServicePort = { port: 80, protocol: 'TCP' };
  /** Ports by Service name: those of the first cluster, whose export is older, and those of the second. */
  const PORTS: Readonly<Record<string, readonly [older: readonly ServicePort[], younger: readonly ServicePort[]]>> = {
    mended: [[http], [otherHttp]],
    left: [[otherHttp], [http]],
    'shared-port': [
      [http, admin],
      [otherHttp, admin],
    ],
    union: [[http], [metrics, http]],
    renamed: [[http], [port('web', 80)]],
    unnamed: [[unnamed], [admin]],
    late: [[http], [otherHttp]],
  };
  let ns: string;
  let first: Cluster;
  let second: Cluster;
  let third: Cluster;

  beforeAll(async () => {
    [first, second, third] = clusters;
    ns = await newNamespace('conflict');
    const offers = (cluster: Cluster, side: 0 | 1) =>
      Object.entries(PORTS).flatMap(([name, ports]) => offer(cluster, ns, name, spec({ ports: ports[side] })));
    await createAll(first, offers(first, 0));
    await aSecondLater(first, ns);
    await createAll(second, offers(second, 1));
  });

  it('ends when the exports agree again, for every exporter', async () => {
    await eventually(async () => expect(conflictOf(await held(first, ns, 'mended'))?.status).toBe('True'));
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    await second.client.patch(RESOURCES.services, { namespace: ns, name: 'mended' }, { spec: { ports } });
    for (const exporter of [first, second]) {
      await eventually(async () => {
        expect(conflictOf(await held(exporter, ns, 'mended'))).toMatchObject({
          status: 'False',
          reason: 'NoConflicts',
          message: 'All exports agree',
        });
        expect(await eventsOf(exporter, ns, 'ServiceExport', 'mended')).toContainEqual(
          expect.objectContaining({ type: 'Normal', reason: 'Exported' }),
        );
      });
    }
    await eventually(async () => {
      expect(await addresses(third, ns, 'mended')).toEqual([podAddress(first, 1), podAddress(second, 1)]);
    });
  });

  it('is won by the next oldest export after the oldest is deleted', async () => {
    await eventually(async () => {
      const { import: imported } = await held(third, ns, 'left');
      expect(imported?.spec.ports).toEqual([otherHttp]);
      expect(imported?.status?.clusters).toHaveLength(2);
    });
    await first.kubectl('delete', 'serviceexport', '-n', ns, 'left');
    await eventually(async () => {
      const found = await held(third, ns, 'left');
      expect(found.import?.spec.ports).toEqual([http]);
      expect(found.derived?.spec.ports).toMatchObject([{ name: 'http', port: 80 }]);
      expect(portsFrom(found, second)).toEqual([['http', 8080]]);
      expect(conflictOf(await held(second, ns, 'left'))).toMatchObject({ status: 'False', reason: 'NoConflicts' });
    });
  });

  it('routes the ports on which the exporters agree to both', async () => {
    await eventually(async () => {
      const found = await held(third, ns, 'shared-port');
      expect(found.import?.spec.ports).toEqual([http, admin]);
      expect(portsFrom(found, first)).toEqual([
        ['http', 8080],
        ['admin', 17000],
      ]);
      expect(portsFrom(found, second)).toEqual([['admin', 17000]]);
    });
  });

  it('over ports leaves their union in the import, each routed to the clusters that export it', async () => {
    await eventually(async () => {
      const found = await held(third, ns, 'union');
      expect(found.import?.spec.ports).toEqual([http, metrics]);
      expect(found.derived?.spec.ports).toMatchObject([http, metrics]);
      expect(portsFrom(found, first)).toEqual([['http', 8080]]);
      expect(portsFrom(found, second).sort()).toEqual([
        ['http', 8080],
        ['metrics', 17100],
      ]);
      expect(conflictOf(await held(first, ns, 'union'))).toMatchObject({ status: 'True', reason: 'PortConflict' });
    });
  });

  it('over the name of a port keeps the name of the oldest, even in the slices of the other', async () => {
    await eventually(async () => {
      const found = await held(third, ns, 'renamed');
      expect(found.import?.spec.ports).toEqual([http]);
      expect(portsFrom(found, second)).toEqual([['http', 8080]]);
      expect(conflictOf(await held(second, ns, 'renamed'))).toMatchObject({ status: 'True', reason: 'PortConflict' });
    });
  });

  it('between an unnamed port and a named one keeps both, and names the unnamed one', async () => {
    await eventually(async () => {
      const found = await held(third, ns, 'unnamed');
      expect(found.derived?.spec.ports).toMatchObject([port('tcp-80', 80), admin]);
      expect(found.import?.spec.ports).toEqual([port('tcp-80', 80), admin]);
      expect(portsFrom(found, first)).toEqual([['tcp-80', 8080]]);
      expect(portsFrom(found, second)).toEqual([['admin', 17000]]);
    });
  });

  it('rule 33: is won by what is served, even if an older export becomes valid later', async () => {
    await eventually(async () => expect((await held(third, ns, 'late')).import?.spec.ports).toEqual([http]));
    await first.kubectl('delete', 'service', '-n', ns, 'late');
    await eventually(async () => {
      expect((await held(third, ns, 'late')).import?.spec.ports).toEqual([otherHttp]);
      expect(conflictOf(await held(second, ns, 'late'))?.status).toBe('False');
    });
    // The export is still the older one.
    await first.create(service(ns, 'late', { ports: [http] }));
    await eventually(async () => {
      for (const exporter of [first, second]) {
        expect(conflictOf(await held(exporter, ns, 'late'))).toMatchObject({
          status: 'True',
          message: expect.stringContaining(`"${second.name}" has http 8080/TCP and wins because it was served first`),
        });
      }
    });
    await move(second, ns, 'late', [podAddress(second, 2)]);
    await eventually(async () => {
      const found = await held(third, ns, 'late');
      expect(found.import?.spec.ports).toEqual([otherHttp]);
      expect(portsFrom(found, first)).toEqual([]);
      expect(await addresses(third, ns, 'late')).toEqual([podAddress(second, 2)]);
    });
  });
});
