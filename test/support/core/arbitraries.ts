/** Random fleets: what users and clusters may do, valid for Kubernetes and often bad for us. */
import fc from 'fast-check';
import type { Service, ServicePort } from '../../../src/api/core.ts';
import type { EndpointSlice } from '../../../src/api/endpoint-slice.ts';
import { DERIVED_FROM, SERVICE_NAME } from '../../../src/api/labels.ts';
import type { IPFamily } from '../../../src/api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../../src/api/multicluster.ts';
import type { FleetModel } from './fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at, DERIVED, NAMESPACE } from './objects.ts';

export const MEMBERS = ['cluster1', 'cluster2', 'cluster3'] as const;

const families = fc.constantFrom<readonly IPFamily[]>(['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']);

const named: fc.Arbitrary<ServicePort> = fc.record({
  name: fc.constantFrom('http', 'admin', 'dns', 'tcp-80'),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
  port: fc.constantFrom(53, 80, 8080),
});

/** Ports that the API server takes: unique by name and by (protocol, port), unnamed only when alone. */
const ports: fc.Arbitrary<readonly ServicePort[]> = fc.oneof(
  named.map(({ name: _, ...port }) => [port]),
  fc
    .uniqueArray(named, { minLength: 1, maxLength: 4, selector: ({ name }) => name })
    .map((list) => [...new Map(list.map((port) => [`${port.port}/${port.protocol}`, port])).values()]),
);

export const service: fc.Arbitrary<Service> = fc
  .record({
    ports,
    headless: fc.boolean(),
    affinity: fc.constantFrom('None' as const, 'ClientIP' as const),
    seconds: fc.constantFrom(10, 10_800),
    policy: fc.constantFrom('Cluster' as const, 'Local' as const),
    distribution: fc.constantFrom(undefined, 'PreferClose', 'PreferSameZone'),
    families,
    // Seldom something that cannot be exported.
    odd: fc.constantFrom(...Array<string>(8).fill('no'), 'external', 'derived', 'going'),
  })
  .map(({ ports, headless, affinity, seconds, policy, distribution, families, odd }) => ({
    ...aService(
      {
        ports,
        clusterIP: headless ? 'None' : '10.0.0.1',
        clusterIPs: headless ? ['None'] : families.map((family) => (family === 'IPv4' ? '10.0.0.1' : 'fd00::1')),
        ipFamilies: families,
        ipFamilyPolicy: families.length > 1 ? ('RequireDualStack' as const) : ('SingleStack' as const),
        sessionAffinity: headless ? 'None' : affinity,
        internalTrafficPolicy: policy,
        ...(affinity === 'ClientIP' &&
          !headless && { sessionAffinityConfig: { clientIP: { timeoutSeconds: seconds } } }),
        ...(distribution && { trafficDistribution: distribution }),
        ...(odd === 'external' && { type: 'ExternalName' as const }),
      },
      {
        ...(odd === 'derived' && { labels: { [DERIVED_FROM]: 'other' } }),
        ...(odd === 'going' && { deletionTimestamp: at(1) }),
      },
    ),
  }));

const address = fc.constantFrom('10.1.0.1', '10.1.0.2', '10.2.0.1', '127.0.0.1', '169.254.1.1', '10.3.0.7');

const slice = (name: string): fc.Arbitrary<EndpointSlice> =>
  fc
    .record({
      endpoints: fc.array(
        fc.record({ address, ready: fc.boolean(), zone: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }) }),
        { maxLength: 3 },
      ),
      ports: fc.uniqueArray(fc.constantFrom('http', 'admin', 'dns', ''), { maxLength: 3 }),
      type: fc.constantFrom('IPv4' as const, 'IPv4' as const, 'IPv6' as const, 'FQDN' as const),
    })
    .map(({ endpoints, ports, type }) =>
      aSlice(
        `${name}-${type.toLowerCase()}`,
        endpoints.map(({ address, ready, zone }) =>
          anEndpoint(type === 'IPv6' ? `fd01::${address.split('.').slice(1).join(':')}` : address, {
            conditions: { ready },
            nodeName: 'node1',
            ...(zone && { zone }),
          }),
        ),
        ports.map((port) => ({ name: port, protocol: 'TCP' as const, port: 8080 })),
        type,
      ),
    );

export const slices: fc.Arbitrary<readonly EndpointSlice[]> = fc.tuple(slice('web-1'), slice('web-2'));

export const exported: fc.Arbitrary<ServiceExport> = fc
  .record({
    age: fc.integer({ min: 0, max: 5 }),
    labels: fc.dictionary(
      fc.constantFrom('team', 'kubernetes.io/x', 'a.k8s.io/y', 'catamaran.dev/import-origin', '-bad'),
      fc.constantFrom('a', 'b', 'not a value'),
    ),
    annotations: fc.dictionary(
      fc.constantFrom('note', 'catamaran.dev/exported-keys', 'x/y/z'),
      fc.constantFrom('1', '2', 'any text', 'x'.repeat(250_000)),
      { maxKeys: 2 },
    ),
  })
  .map(({ age, labels, annotations }) =>
    anExport({ exportedLabels: labels, exportedAnnotations: annotations }, at(age)),
  );

export const imported: fc.Arbitrary<ServiceImport> = fc
  .record({
    type: fc.constantFrom('ClusterSetIP' as const, 'Headless' as const),
    ports: fc.array(
      fc.record(
        {
          name: fc.constantFrom('http', 'admin', 'NOT_A_NAME', ''),
          protocol: fc.constantFrom('TCP', 'UDP', 'HTTP', 'tcp'),
          port: fc.constantFrom(80, 53, 0, 70_000),
          appProtocol: fc.constantFrom('http', 'not a name'),
        },
        { requiredKeys: ['port'] },
      ),
      { maxLength: 3 },
    ),
    more: fc.record(
      {
        ipFamilies: families,
        sessionAffinity: fc.constantFrom('None' as const, 'ClientIP' as const),
        sessionAffinityConfig: fc.constantFrom(
          { clientIP: { timeoutSeconds: 0 } },
          { clientIP: { timeoutSeconds: 60 } },
        ),
        internalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
        trafficDistribution: fc.constantFrom('PreferClose', 'Nonsense'),
        ips: fc.constantFrom([], ['1.2.3.4']),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ type, ports, more }) =>
    anImport({ type, ports, ...more }, { labels: { owner: 'me' }, annotations: { a: 'b' } }),
  );

/** Something that happens in a fleet. */
export interface Step {
  readonly what: string;
  readonly happen: (fleet: FleetModel) => void;
}

const member = fc.constantFrom(...MEMBERS);

/** Prints well in a counterexample. */
function step(what: string, happen: Step['happen']): Step {
  return { what, happen, toString: () => what } as Step;
}

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(member, exported, fc.option(service, { freq: 6, nil: undefined }), slices)
        .map(([name, export_, service_, slices_]) =>
          step(`${name} exports ${JSON.stringify([export_.metadata.creationTimestamp, service_?.spec])}`, (fleet) => {
            fleet.member(name).export(export_, service_, slices_);
          }),
        ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(member, imported).map(([name, import_]) =>
        step(`${name} imports ${JSON.stringify(import_.spec)}`, (fleet) => {
          fleet.member(name).import(import_);
        }),
      ),
    },
    member.map((name) => step(`${name} unexports`, (fleet) => fleet.member(name).unexport())),
    member.map((name) =>
      step(`${name} deletes its Service`, (fleet) => fleet.member(name).api.remove('services', 'web')),
    ),
    member.map((name) =>
      step(`${name} deletes its import`, (fleet) => fleet.member(name).api.remove('serviceImports', 'web')),
    ),
    member.map((name) =>
      step(`${name} deletes its derived Service`, (fleet) => fleet.member(name).api.remove('services', DERIVED)),
    ),
    member.map((name) =>
      step(`${name} has a Service of a user's at the derived name`, (fleet) => {
        fleet.member(name).api.remove('services', DERIVED);
        fleet.member(name).api.put('services', {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: DERIVED, namespace: NAMESPACE },
          spec: { ports: [{ name: 'x', port: 1 }] },
        });
      }),
    ),
    member.map((name) =>
      step(`${name} has a foreign slice`, (fleet) => {
        fleet.member(name).api.put('endpointSlices', {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'foreign', namespace: NAMESPACE, labels: { [SERVICE_NAME]: DERIVED } },
          addressType: 'IPv4',
          endpoints: [],
        });
      }),
    ),
    fc
      .tuple(member, families)
      .map(([name, ipFamilies]) =>
        step(`${name} has ${ipFamilies}`, (fleet) => fleet.member(name).set({ ipFamilies })),
      ),
    fc
      .tuple(member, fc.constantFrom('Automatic' as const, 'Manual' as const))
      .map(([name, importMode]) =>
        step(`${name} imports in mode ${importMode}`, (fleet) => fleet.member(name).set({ importMode })),
      ),
    fc
      .tuple(member, fc.boolean(), fc.boolean())
      .map(([name, reachable, expired]) =>
        step(`${name} reachable ${reachable}, expired ${expired}`, (fleet) =>
          fleet.member(name).set({ reachable, expired: expired && !reachable }),
        ),
      ),
    fc
      .tuple(member, fc.constantFrom([], ['10.1.0.0/16', 'fd01::/16']))
      .map(([name, cidrs]) => step(`${name} declares ${cidrs}`, (fleet) => fleet.member(name).set({ cidrs }))),
    fc
      .tuple(member, fc.constantFrom('Active' as const, 'Active' as const, 'Terminating' as const))
      .map(([name, namespace]) =>
        step(`${name} has the namespace ${namespace}`, (fleet) => fleet.member(name).set({ namespace })),
      ),
  ),
  { minLength: 1, maxLength: 8 },
);
