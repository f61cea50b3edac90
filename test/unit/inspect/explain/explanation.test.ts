/** Faults are made one by one in a running fleet; each has to be found at its hop. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { namespace, service, serviceExport, serviceImport } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { answering, expectFound, explained, type Finding } from '../../../support/inspect/explained.ts';

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

interface Fault extends Finding {
  readonly name: string;
  readonly make: (ns: string) => void;
}

const both = (ns: string): void => {
  for (const name of ['cluster1', 'cluster2']) fleet.cluster(name).create('/namespaces', namespace(ns));
};

/** Exports `ns/api` of cluster1, which cluster2 imports. */
const exportTo = (ns: string, hosts: readonly number[] = [1]): void => {
  both(ns);
  fleet.cluster('cluster1').export(ns, 'api', hosts);
};

/** Replaces the Corefile of cluster2, which has none at first. */
function corefile(text: string): void {
  const { api } = fleet.cluster('cluster2');
  const name = { namespace: 'kube-system', name: 'coredns' };
  api.delete('/configmaps', name);
  fleet
    .cluster('cluster2')
    .create('/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: name, data: { Corefile: text } });
}

const FAULTS: readonly Fault[] = [
  { name: 'nothing', ns: 'fine', make: (ns) => exportTo(ns), found: /^nothing$/ },
  {
    name: 'a wrong name',
    ns: 'no-such',
    make: both,
    found: /^cluster2 Service: no member has a Service no-such\/api$/,
    remedy: /^check the namespace and the name$/,
  },
  {
    name: 'a missing export',
    ns: 'unexported',
    make: (ns) => {
      both(ns);
      fleet.cluster('cluster1').create(SERVICES, service(ns, 'api'));
    },
    found: /^cluster1 ServiceExport: not exported$/,
    remedy: /^catamaran export unexported\/api --member cluster1$/,
  },
  {
    name: 'an export without a Service',
    ns: 'no-service',
    make: (ns) => {
      both(ns);
      fleet.cluster('cluster1').create(EXPORTS, serviceExport(ns, 'api'));
    },
    found: /^cluster1 Service: Service no-service\/api does not exist$/,
    remedy: /^create the Service$/,
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
    remedy: /^export a Service that has endpoints$/,
  },
  {
    name: 'a namespace that the fleet file closes',
    ns: 'closed',
    make: (ns) => exportTo(ns),
    found: /^cluster1 ServiceExport: NotAllowed: /,
    remedy: /^ask the operator of the fleet/,
  },
  {
    name: 'a limit',
    ns: 'limit',
    make: (ns) => {
      both(ns);
      for (const name of ['a', 'b', 'api']) fleet.cluster('cluster1').export(ns, name, [1]);
    },
    found: /^cluster1 ServiceExport: LimitReached: /,
    remedy: /^delete other exports, or raise spec.limits/,
  },
  {
    name: 'no pods',
    ns: 'empty',
    make: (ns) => exportTo(ns, []),
    found: /^cluster1 endpoints: the Service has no endpoints$/,
    remedy: /^compare the selector/,
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
    remedy: /^look at the readiness of its pods$/,
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
    remedy: /^declare the network/,
  },
  {
    name: 'a namespace that the consumer lacks',
    ns: 'one-sided',
    make: (ns) => {
      fleet.cluster('cluster1').create('/namespaces', namespace(ns));
      fleet.cluster('cluster1').export(ns, 'api', [1]);
    },
    found: /^cluster2 Namespace: one-sided does not exist$/,
    remedy: /^kubectl create namespace one-sided$/,
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
    remedy: /^wait, then create it again$/,
  },
  {
    name: 'a manual import that is missing',
    ns: 'manual',
    make: (ns) => exportTo(ns),
    found: /^cluster2 ServiceImport: not imported$/,
    remedy: /^catamaran import manual\/api --member cluster2$/,
  },
  {
    name: 'a consumer that may not import',
    ns: 'one-way',
    make: (ns) => exportTo(ns),
    found: /^cluster2 ServiceImport: .*one-way/,
    remedy: /^ask the operator of the fleet/,
  },
  {
    name: 'an import of another type',
    ns: 'manual-type',
    make: (ns) => {
      exportTo(ns);
      fleet.cluster('cluster2').create(IMPORTS, serviceImport(ns, 'api', { type: 'Headless' }));
    },
    found: /^cluster2 ServiceImport: TypeMismatch: /,
    remedy: /^set spec.type of the ServiceImport/,
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
    remedy: /^scale the Service up/,
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
    remedy: /^rename or delete the Service/,
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
    remedy: /^delete the EndpointSlices/,
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
    remedy: /^find out what the finalizers/,
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
    remedy: /^set internalTrafficPolicy/,
  },
  {
    name: 'a port that no one exports, beside one that is',
    ns: 'manual-two-ports',
    make: (ns) => {
      exportTo(ns);
      const ports = [80, 81].map((port) => ({ name: `p${port}`, port, protocol: 'TCP' }));
      fleet.cluster('cluster2').create(IMPORTS, serviceImport(ns, 'api', { ports }));
    },
    found: /^cluster2 ServiceImport: PortNotExported: /,
    remedy: /^request a port that the message lists$/,
  },
  {
    name: 'an exporter that does not respond',
    ns: 'source-lost',
    make: (ns) => exportTo(ns),
    look: { lost: 'cluster1' },
    found: /^cluster1 member: .*no route to host$/,
    remedy: /^restore the connection to its API server$/,
  },
  {
    name: 'a consumer that does not respond',
    ns: 'consumer-lost',
    make: (ns) => exportTo(ns),
    look: { lost: 'cluster2' },
    found: /^cluster2 member: .*no route to host$/,
    remedy: /^restore the connection to its API server$/,
  },
  {
    name: 'a DNS that does not serve the zone',
    ns: 'no-zone',
    make: (ns) => {
      exportTo(ns);
      corefile('.:53 {\n  kubernetes cluster.local\n}\n');
    },
    found: /^cluster2 DNS: ConfigMap kube-system\/coredns does not configure clusterset\.local/,
    remedy: /^catamaran dns enable$/,
  },
  {
    name: 'a server block that does nothing with the zone',
    ns: 'empty-zone',
    make: (ns) => {
      exportTo(ns);
      corefile('.:53 {\n  kubernetes cluster.local\n}\nclusterset.local:53 {\n  errors\n}\n');
    },
    found: /^cluster2 DNS: .* a server block for clusterset\.local that neither serves nor forwards it/,
    remedy: /^catamaran dns check$/,
  },
  {
    name: 'a server block with a closer name',
    ns: 'hidden-zone',
    make: (ns) => {
      exportTo(ns);
      const stub = 'clusterset.local:5353 {\n  forward . 10.0.0.9\n}\n';
      corefile(`.:53 {\n  kubernetes cluster.local\n}\n${stub}`);
    },
    found: /^cluster2 DNS: .*no query for clusterset\.local reaches it/,
    remedy: /^catamaran dns check$/,
  },
  {
    name: 'a zone that is served without the import',
    ns: 'stale-zone',
    make: (ns) => {
      exportTo(ns);
      corefile('.:53 {\n  kubernetes cluster.local clusterset.local {\n    multicluster clusterset.local\n  }\n}\n');
    },
    look: { dns: answering() },
    found:
      /^cluster2 DNS: the DNS of cluster2 returned NXDOMAIN with 0 records for api\.stale-zone\.svc\.clusterset\.local/,
    remedy: /^catamaran dns check$/,
  },
  {
    name: 'a zone that another server answers',
    ns: 'wrong-zone',
    make: (ns) => exportTo(ns),
    look: { dns: answering('192.0.2.1') },
    found: /^cluster2 DNS: the DNS of cluster2 returned 192\.0\.2\.1 for .* but the ServiceImport has /,
    remedy: /^catamaran dns check$/,
  },
];

it.each(FAULTS)(
  'finds $name',
  async ({ make, ...fault }) => {
    make(fault.ns);
    await expectFound(fleet, fault);
  },
  30_000,
);

it('one exporter is enough: what is wrong with another one is a warning', async () => {
  exportTo('two-sources');
  fleet.cluster('cluster2').export('two-sources', 'api', []);
  await vi.waitFor(
    async () => {
      const path = await explained(fleet, 'two-sources');
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
