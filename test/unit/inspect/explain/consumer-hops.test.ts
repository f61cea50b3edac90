/** Faults that a running controller corrects: made in a consumer after it has stopped. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../../src/api/json.ts';
import { namespace } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { expectFound, explained, type Finding } from '../../../support/inspect/explained.ts';

const SERVICES = '/services';
const SLICES = 'discovery.k8s.io/endpointslices';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
type Kind = typeof SERVICES | typeof SLICES | typeof EXPORTS | typeof IMPORTS;

let fleet: HostileFleet;

const cluster2 = () => fleet.cluster('cluster2');

/** Changes an object in cluster2. */
function edit(resource: Kind, ns: string, name: string, change: (object: JsonObject) => JsonObject): void {
  const object = cluster2().api.get(resource, { namespace: ns, name });
  if (!object) throw new Error(`${resource} ${ns}/${name} does not exist`);
  cluster2().api.update(resource, change(JSON.parse(JSON.stringify(object))));
}

const label = (key: string) => (object: JsonObject) => {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const labels = isJsonObject(metadata.labels) ? metadata.labels : {};
  return { ...object, metadata: { ...metadata, labels: { ...labels, [key]: 'x' } } };
};

const derivedSlices = (ns: string) => cluster2().api.list(SLICES, { namespace: ns });

interface Fault extends Finding {
  readonly name: string;
  readonly make: (ns: string) => void;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'only that no controller runs',
    ns: 'served',
    make: () => {},
    found: /^cluster2 controller: /,
    remedy: /^start the controller/,
  },
  {
    name: 'a derived Service that is missing',
    ns: 'no-derived',
    at: 'derived Service',
    make: (ns) => cluster2().api.delete(SERVICES, { namespace: ns, name: 'amcs-api' }),
    found: /^cluster2 derived Service: Service amcs-api does not exist$/,
    remedy: /^see the hop "controller"$/,
  },
  {
    name: 'a derived Service without its owner',
    ns: 'not-owned',
    at: 'derived Service',
    make: (ns) =>
      edit(SERVICES, ns, 'amcs-api', (object) => {
        const metadata = isJsonObject(object.metadata) ? object.metadata : {};
        return { ...object, metadata: { ...metadata, ownerReferences: [], labels: {} } };
      }),
    found: /^cluster2 derived Service: Service amcs-api is not managed by Catamaran$/,
    remedy: /^rename or delete the Service/,
  },
  {
    name: 'an import that was edited since',
    ns: 'other-ips',
    make: (ns) =>
      edit(IMPORTS, ns, 'api', (object) => ({
        ...object,
        spec: { ...(isJsonObject(object.spec) ? object.spec : {}), ips: ['10.255.0.1'] },
      })),
    at: 'ServiceImport',
    found: /^cluster2 ServiceImport: no controller has reported on it$/,
    remedy: /^see the hop "controller"$/,
  },
  {
    name: 'slices that are missing',
    ns: 'no-slices',
    at: 'EndpointSlices',
    make: (ns) => {
      for (const { metadata } of derivedSlices(ns))
        cluster2().api.delete(SLICES, { namespace: ns, name: metadata.name });
    },
    found: /^cluster2 EndpointSlices: there are none$/,
    remedy: /^see the hop "endpoints"$/,
  },
  {
    name: 'a Service that is left to another proxy',
    ns: 'other-proxy',
    make: (ns) => edit(SERVICES, ns, 'amcs-api', label('service.kubernetes.io/service-proxy-name')),
    found:
      /^cluster2 kube-proxy: kube-proxy ignores Service amcs-api, which has the label service\.kubernetes\.io\/service-proxy-name$/,
    remedy: /^stop the client that sets the label$/,
  },
  {
    name: 'slices that kube-proxy ignores',
    ns: 'headless-slices',
    make: (ns) => {
      for (const { metadata } of derivedSlices(ns))
        edit(SLICES, ns, metadata.name, label('service.kubernetes.io/headless'));
    },
    found: /^cluster2 kube-proxy: http:80\/TCP to 0 endpoints$/,
    remedy: /^compare the ports/,
  },
  {
    name: 'slices whose port has another name',
    ns: 'other-port',
    make: (ns) => {
      for (const { metadata } of derivedSlices(ns)) {
        edit(SLICES, ns, metadata.name, (object) => ({
          ...object,
          ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
        }));
      }
    },
    found: /^cluster2 kube-proxy: http:80\/TCP to 0 endpoints$/,
    remedy: /^compare the ports/,
  },
];

beforeAll(async () => {
  fleet = await startHostileFleet({ clusters: 2 });
  for (const { ns } of FAULTS) {
    cluster2().create('/namespaces', namespace(ns));
    fleet.cluster('cluster1').export(ns, 'api', [1]);
  }
  await vi.waitFor(
    () => {
      for (const { ns } of FAULTS) {
        expect(cluster2().condition('serviceimports', ns, 'api', 'Ready')).toMatch(/^True /);
        expect(cluster2().imported(ns, 'api')).toHaveLength(1);
      }
    },
    { timeout: 25_000 },
  );
  await fleet.stopController();
}, 60_000);
afterAll(() => fleet[Symbol.asyncDispose]());

it.each(FAULTS)(
  'finds $name',
  async ({ make, ...fault }) => {
    make(fault.ns);
    await expectFound(fleet, fault);
  },
  30_000,
);

it('finds that no controller runs', async () => {
  for (const name of ['cluster1', 'cluster2']) fleet.cluster(name).create('/namespaces', namespace('late'));
  fleet.cluster('cluster1').export('late', 'api', [1]);
  const path = await explained(fleet, 'late');
  expect(path?.broken).toMatchObject({
    member: 'cluster1',
    hop: 'ServiceExport',
    seen: 'no controller has reported on it',
  });
  expect(path?.hops).toContainEqual(expect.objectContaining({ hop: 'controller', result: 'broken' }));
}, 30_000);
