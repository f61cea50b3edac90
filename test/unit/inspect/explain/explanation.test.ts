/** Faults are made one by one in a running fleet; each has to be found at its hop. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { survey } from '../../../../src/controller/survey.ts';
import { type Explanation, explain } from '../../../../src/inspect/explain/explanation.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { namespace, service, serviceExport, serviceImport } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { silent } from '../../../support/silent-log.ts';

const SERVICES = '/services';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';

let fleet: HostileFleet;

beforeAll(async () => {
  fleet = await startHostileFleet({
    clusters: 2,
    spec: {
      limits: { exportsPerNamespace: 2 },
      namespaces: [
        { name: 'closed', export: { members: ['cluster2'] } },
        { name: 'one-way', import: { members: ['cluster1'] } },
        { name: 'manual*', import: { mode: 'Manual' } },
      ],
    },
  });
});
afterAll(() => fleet[Symbol.asyncDispose]());

/** How cluster2 reaches `ns/api`, which cluster1 is meant to export. */
async function explained(ns: string, from: HostileFleet = fleet): Promise<Explanation> {
  const surroundings = {
    connect: async ({ name }: { readonly name: string }) => from.connect(name),
    clock: systemClock,
    random: () => 0,
    logger: silent,
  };
  const { signal } = new AbortController();
  const { result } = await survey(from.config, surroundings, signal, (listed) => {
    const consumer = listed.member('cluster2');
    if (!consumer) throw new Error('cluster2 is not a member');
    return explain(listed, { key: `${ns}/api`, consumer, now: systemClock.now(), signal });
  });
  return result;
}

/** The first broken hop from cluster2, as `member hop: seen`. */
async function brokenAt(ns: string, from?: HostileFleet): Promise<string> {
  const [path] = (await explained(ns, from)).paths;
  if (!path?.broken) return 'nothing';
  const { member, hop, seen } = path.broken;
  return `${member} ${hop}: ${seen}`;
}

interface Fault {
  readonly name: string;
  /** Namespace of its own; others are created by the fault. */
  readonly ns: string;
  readonly make: (ns: string) => void;
  readonly found: RegExp;
}

const both = (ns: string): void => {
  for (const name of ['cluster1', 'cluster2']) fleet.cluster(name).create('/namespaces', namespace(ns));
};

/** Exports `ns/api` of cluster1, which cluster2 imports. */
const exportTo = (ns: string, hosts: readonly number[] = [1]): void => {
  both(ns);
  fleet.cluster('cluster1').export(ns, 'api', hosts);
};

const FAULTS: readonly Fault[] = [
  { name: 'nothing', ns: 'fine', make: (ns) => exportTo(ns), found: /^nothing$/ },
  {
    name: 'a wrong name',
    ns: 'no-such',
    make: both,
    found: /^cluster2 Service: no member has a Service no-such\/api$/,
  },
  {
    name: 'a missing export',
    ns: 'unexported',
    make: (ns) => {
      both(ns);
      fleet.cluster('cluster1').create(SERVICES, service(ns, 'api'));
    },
    found: /^cluster1 ServiceExport: not exported$/,
  },
  {
    name: 'an export without a Service',
    ns: 'no-service',
    make: (ns) => {
      both(ns);
      fleet.cluster('cluster1').create(EXPORTS, serviceExport(ns, 'api'));
    },
    found: /^cluster1 Service: Service no-service\/api does not exist$/,
  },
  {
    name: 'an ExternalName Service',
    ns: 'external',
    make: (ns) => {
      both(ns);
      const external = { ...service(ns, 'api'), spec: { type: 'ExternalName', externalName: 'example.org' } };
      fleet.cluster('cluster1').create(SERVICES, external);
      fleet.cluster('cluster1').create(EXPORTS, serviceExport(ns, 'api'));
    },
    found: /^cluster1 Service: type ExternalName has no endpoints$/,
  },
  {
    name: 'a namespace that the fleet file closes',
    ns: 'closed',
    make: (ns) => exportTo(ns),
    found: /^cluster1 ServiceExport: NotAllowed: /,
  },
  {
    name: 'a limit',
    ns: 'limit',
    make: (ns) => {
      both(ns);
      for (const name of ['a', 'b', 'api']) fleet.cluster('cluster1').export(ns, name, [1]);
    },
    found: /^cluster1 ServiceExport: LimitReached: /,
  },
  {
    name: 'no pods',
    ns: 'empty',
    make: (ns) => exportTo(ns, []),
    found: /^cluster1 endpoints: the Service has no endpoints$/,
  },
  {
    name: 'pods that are not ready',
    ns: 'unready',
    make: (ns) => {
      exportTo(ns);
      const slice = fleet.cluster('cluster1').slice(ns, 'api', [1]);
      const endpoints = [{ addresses: [fleet.cluster('cluster1').pod(1)], conditions: { ready: false } }];
      fleet.cluster('cluster1').api.update('discovery.k8s.io/endpointslices', { ...slice, endpoints });
    },
    found: /^cluster1 endpoints: 0 ready of 1$/,
  },
  {
    name: 'addresses of another network',
    ns: 'foreign-pods',
    make: (ns) => {
      exportTo(ns);
      const slice = fleet.cluster('cluster1').slice(ns, 'api', [1]);
      const endpoints = [{ addresses: ['10.99.0.1'] }];
      fleet.cluster('cluster1').api.update('discovery.k8s.io/endpointslices', { ...slice, endpoints });
    },
    found: /^cluster1 endpoints: AddressRefused: /,
  },
  {
    name: 'a namespace that the consumer lacks',
    ns: 'one-sided',
    make: (ns) => {
      fleet.cluster('cluster1').create('/namespaces', namespace(ns));
      fleet.cluster('cluster1').export(ns, 'api', [1]);
    },
    found: /^cluster2 Namespace: one-sided does not exist$/,
  },
  {
    name: 'a namespace that is being deleted',
    ns: 'going',
    make: (ns) => {
      exportTo(ns);
      const held = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: ns, name: 'a', finalizers: ['a.b/c'] },
      };
      fleet.cluster('cluster2').create('/configmaps', held);
      fleet.cluster('cluster2').api.delete('/namespaces', { name: ns });
    },
    found: /^cluster2 Namespace: going is being deleted$/,
  },
  {
    name: 'a manual import that is missing',
    ns: 'manual',
    make: (ns) => exportTo(ns),
    found: /^cluster2 ServiceImport: not imported$/,
  },
  {
    name: 'a consumer that may not import',
    ns: 'one-way',
    make: (ns) => exportTo(ns),
    found: /^cluster2 ServiceImport: .*one-way/,
  },
  {
    name: 'an import of another type',
    ns: 'manual-type',
    make: (ns) => {
      exportTo(ns);
      fleet.cluster('cluster2').create(IMPORTS, serviceImport(ns, 'api', { type: 'Headless' }));
    },
    found: /^cluster2 ServiceImport: TypeMismatch: /,
  },
  {
    name: 'an import of another port',
    ns: 'manual-port',
    make: (ns) => {
      exportTo(ns);
      const ports = [{ name: 'http', port: 81, protocol: 'TCP' }];
      fleet.cluster('cluster2').create(IMPORTS, serviceImport(ns, 'api', { ports }));
    },
    found: /^cluster2 EndpointSlices: NoEndpoints: /,
  },
  {
    name: 'a Service at the derived name',
    ns: 'manual-taken',
    make: (ns) => {
      exportTo(ns);
      fleet.cluster('cluster2').create(SERVICES, service(ns, 'amcs-api'));
      fleet.cluster('cluster2').create(IMPORTS, serviceImport(ns, 'api'));
    },
    found: /^cluster2 ServiceImport: NameConflict: /,
  },
  {
    name: 'slices of another client',
    ns: 'shared-slices',
    make: (ns) => {
      exportTo(ns);
      const foreign = fleet.cluster('cluster2').slice(ns, 'amcs-api', [7]);
      fleet.cluster('cluster2').create('discovery.k8s.io/endpointslices', foreign);
    },
    found: /^cluster2 ServiceImport: ForeignEndpoints: /,
  },
  {
    name: 'an import that finalizers hold',
    ns: 'held',
    make: (ns) => {
      both(ns);
      const imported = serviceImport(ns, 'api');
      const metadata = { ...imported.metadata, finalizers: ['example.org/hold'] };
      fleet.cluster('cluster2').create(IMPORTS, { ...imported, metadata });
      fleet.cluster('cluster1').export(ns, 'api', [1]);
      fleet.cluster('cluster2').api.delete(IMPORTS, { namespace: ns, name: 'api' });
    },
    found: /^cluster2 ServiceImport: Terminating: /,
  },
  {
    name: 'a policy that excludes other clusters',
    ns: 'local-only',
    make: (ns) => {
      both(ns);
      const local = service(ns, 'api', { internalTrafficPolicy: 'Local' });
      fleet.cluster('cluster1').create(SERVICES, local);
      fleet
        .cluster('cluster1')
        .create('discovery.k8s.io/endpointslices', fleet.cluster('cluster1').slice(ns, 'api', [1]));
      fleet.cluster('cluster1').create(EXPORTS, serviceExport(ns, 'api'));
    },
    found: /^cluster2 EndpointSlices: LocalPolicyOnly: /,
  },
];

it.each(FAULTS)(
  'finds $name',
  async ({ ns, make, found }) => {
    make(ns);
    await vi.waitFor(async () => expect(await brokenAt(ns)).toMatch(found), { timeout: 20_000, interval: 200 });
  },
  30_000,
);

it('one exporter is enough: what is wrong with another one is a warning', async () => {
  exportTo('two-sources');
  fleet.cluster('cluster2').export('two-sources', 'api', []);
  await vi.waitFor(
    async () => {
      const [path] = (await explained('two-sources')).paths;
      expect(path?.broken).toBeUndefined();
      expect(path?.hops).toContainEqual({
        hop: 'endpoints',
        member: 'cluster2',
        result: 'warning',
        seen: 'the Service has no endpoints',
        remedy: 'compare the selector of the Service with the labels of its pods',
      });
    },
    { timeout: 20_000, interval: 200 },
  );
}, 30_000);

it('finds that no controller runs', async () => {
  await using other = await startHostileFleet({ clusters: 2 });
  await other.stopController();
  for (const name of ['cluster1', 'cluster2']) other.cluster(name).create('/namespaces', namespace('late'));
  other.cluster('cluster1').export('late', 'api', [1]);
  const [path] = (await explained('late', other)).paths;
  expect(path?.broken).toMatchObject({
    member: 'cluster1',
    hop: 'ServiceExport',
    seen: 'no controller has reported on it',
  });
  expect(path?.hops).toContainEqual(expect.objectContaining({ hop: 'controller', result: 'broken' }));
}, 30_000);
