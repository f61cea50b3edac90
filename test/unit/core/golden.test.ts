/** Condition messages and change sets as users see them, in files beside this one. `vitest -u` writes them anew. */
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Condition } from '../../../src/api/meta.ts';
import type { ServiceImportSpec } from '../../../src/api/multicluster.ts';
import { FleetModel, type MemberModel } from '../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  anImport,
  aService,
  aSlice,
  at,
  DERIVED,
  HTTP,
  NAMESPACE,
} from '../../support/core/objects.ts';

const TRIGGERED = { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-05-01T11:59:59Z' } };

function slice(name: string, ...addresses: readonly string[]) {
  const endpoints = addresses.map((address) => anEndpoint(address, { nodeName: 'node1', zone: 'a' }));
  return aSlice(name, endpoints, undefined, undefined, TRIGGERED);
}

/** Passes of one member until nothing is left to do, each as the list of its changes. */
function passes(fleet: FleetModel, name: string): string {
  const documents: string[] = [];
  for (let plan = fleet.plan(name); plan.length > 0; plan = fleet.plan(name)) {
    documents.push(stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false }));
    fleet.member(name).api.apply(plan);
  }
  return documents.join('---\n');
}

test('change sets of a first export', async () => {
  const fleet = new FleetModel();
  fleet
    .member('cluster1')
    .export(anExport({ exportedLabels: { team: 'a' } }), aService(), [slice('web-1', '10.1.0.1')]);
  fleet.member('cluster2');
  await expect(passes(fleet, 'cluster1')).toMatchFileSnapshot('golden/exporter.yaml');
  await expect(passes(fleet, 'cluster2')).toMatchFileSnapshot('golden/consumer.yaml');
  fleet.member('cluster1').slices = [slice('web-1', '10.1.0.1', '10.1.0.2')];
  await expect(passes(fleet, 'cluster2')).toMatchFileSnapshot('golden/endpoint-added.yaml');
  fleet.member('cluster1').export(anExport(), aService({ clusterIP: 'None' }), fleet.member('cluster1').slices);
  await expect(passes(fleet, 'cluster2')).toMatchFileSnapshot('golden/turned-headless.yaml');
  fleet.member('cluster1').unexport();
  await expect(passes(fleet, 'cluster2')).toMatchFileSnapshot('golden/unexported.yaml');
});

test('change sets of a user import', async () => {
  const fleet = new FleetModel();
  fleet.member('cluster1', { importMode: 'Manual' }).export(anExport(), aService(), [slice('web-1', '10.1.0.1')]);
  fleet.member('cluster2', { importMode: 'Manual' }).import(anImport({ ports: [{ ...HTTP }, { port: 0 }] }));
  await expect(passes(fleet, 'cluster2')).toMatchFileSnapshot('golden/user-import.yaml');
});

/** The conditions of an object, one a line. */
function told(title: string, conditions: readonly Condition[] | undefined): string {
  const lines = (conditions ?? []).map(
    ({ type, status, reason, message }) => `  ${type}=${status} ${reason}: ${message}`,
  );
  return [title, ...lines, ''].join('\n');
}

function conflict(title: string, ...exporters: readonly { service?: object; spec?: object }[]): string {
  const fleet = new FleetModel();
  for (const [index, { service, spec }] of exporters.entries()) {
    fleet.member(`cluster${index + 1}`, { importMode: 'Manual' }).export(anExport(spec, at(index)), aService(service));
  }
  fleet.converge();
  const last = fleet.members.at(-1)?.exported?.status?.conditions;
  return told(
    title,
    last?.filter(({ type }) => type === 'Conflict'),
  );
}

test('messages of conflicts', async () => {
  const http = (port: number) => ({ ports: [{ ...HTTP, port }] });
  const sticky = (timeoutSeconds: number) => ({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  });
  const text = [
    conflict('no conflict', {}, {}),
    conflict('ports', {}, { service: http(8080) }),
    conflict('three clusters, two of which agree', { service: http(81) }, {}, {}),
    conflict('every cluster differs', {}, { service: http(81) }, { service: http(82) }),
    conflict('appProtocol', {}, { service: { ports: [{ ...HTTP, appProtocol: 'kubernetes.io/h2c' }] } }),
    conflict('type', {}, { service: { clusterIP: 'None' } }),
    conflict('session affinity', {}, { service: sticky(60) }),
    conflict('affinity timeout', { service: sticky(10) }, { service: sticky(60) }),
    conflict('internal traffic policy', {}, { service: { internalTrafficPolicy: 'Local' } }),
    conflict('traffic distribution', { service: { trafficDistribution: 'PreferClose' } }, {}),
    conflict('labels', { spec: { exportedLabels: { b: '2', a: '1' } } }, {}),
    conflict('annotations', {}, { spec: { exportedAnnotations: { note: 'x'.repeat(600) } } }),
    conflict('families', { service: { ipFamilies: ['IPv4', 'IPv6'] } }, {}, { service: { ipFamilies: ['IPv6'] } }),
    conflict(
      'several fields',
      {},
      { service: { ...http(81), internalTrafficPolicy: 'Local' }, spec: { exportedLabels: { a: '1' } } },
    ),
  ];
  await expect(text.join('\n')).toMatchFileSnapshot('golden/conflicts.txt');
});

function ofExport(title: string, prepare: (member: MemberModel) => void): string {
  const fleet = new FleetModel();
  prepare(fleet.member('cluster1', { importMode: 'Manual', cidrs: ['10.1.0.0/16'] }));
  fleet.converge();
  return told(title, fleet.member('cluster1').exported?.status?.conditions);
}

test('messages of exports', async () => {
  const bad = ['127.0.0.1', '169.254.0.1', '224.0.0.1', '0.0.0.0', '255.255.255.255', '10.2.0.1'];
  const fqdn = aSlice('names', [{ addresses: ['example.com'] }], undefined, 'FQDN');
  const spec = {
    exportedLabels: { 'k8s.io/a': '1', b: 'not a value', '-': 'x' },
    exportedAnnotations: { 'catamaran.dev/x': 'y' },
  };
  const text = [
    ofExport('a valid export', (member) => member.export(anExport(), aService(), [slice('web-1', '10.1.0.1')])),
    ofExport('no Service', (member) => member.export(anExport(), undefined)),
    ofExport('a Service being deleted', (member) =>
      member.export(anExport(), aService({}, { deletionTimestamp: at(1) })),
    ),
    ofExport('ExternalName', (member) => member.export(anExport(), aService({ type: 'ExternalName' }))),
    ofExport('a derived Service', (member) =>
      member.export(
        anExport(),
        aService(
          {},
          {
            labels: { 'catamaran.dev/derived-from': 'other' },
            ownerReferences: [
              { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'other', uid: 'uid' },
            ],
          },
        ),
      ),
    ),
    ofExport('refused keys', (member) => member.export(anExport(spec), aService())),
    ofExport('a refused address', (member) =>
      member.export(anExport(), aService(), [slice('web-1', '10.1.0.1', '10.2.0.1')]),
    ),
    ofExport('many refused addresses', (member) =>
      member.export(anExport(), aService(), [slice('web-1', ...bad), fqdn]),
    ),
    ofExport('an FQDN slice', (member) => member.export(anExport(), aService(), [fqdn])),
  ];
  await expect(text.join('\n')).toMatchFileSnapshot('golden/exports.txt');
});

function ofImport(title: string, spec: object | undefined, prepare: (fleet: FleetModel) => void = () => {}): string {
  const fleet = new FleetModel();
  fleet.member('cluster1', { importMode: 'Manual' }).export(anExport(), aService(), [slice('web-1', '10.1.0.1')]);
  const cluster2 = fleet.member('cluster2', { trafficDistributions: ['PreferClose'] });
  const asked: Partial<ServiceImportSpec> = { ...spec };
  if (spec) cluster2.import(anImport(asked));
  prepare(fleet);
  fleet.converge();
  return told(title, cluster2.imported?.status?.conditions);
}

test('messages of imports', async () => {
  const theirs = { metadata: { name: DERIVED, namespace: NAMESPACE }, spec: { ports: [{ port: 1 }] } };
  const foreign = {
    metadata: { name: 'theirs', namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': DERIVED } },
  };
  const text = [
    ofImport('automatic', undefined),
    ofImport('by a user', {}),
    ofImport('a port that nobody exports', { ports: [HTTP, { port: 81 }, { name: 'dns', port: 53, protocol: 'UDP' }] }),
    ofImport('a port with another number', { ports: [{ ...HTTP, port: 8080 }] }),
    ofImport('bad ports', {
      ports: [{ port: 80, protocol: 'HTTP' }, { port: 0 }, { name: 'x'.repeat(64), port: 1 }, HTTP],
    }),
    ofImport('a bad field', { sessionAffinity: 'Cookie' }),
    ofImport('another type', { type: 'Headless' }),
    ofImport('nobody exports', {}, (fleet) => fleet.member('cluster1').unexport()),
    ofImport('nobody validly exports', {}, (fleet) => fleet.member('cluster1').export(anExport(), undefined)),
    ofImport('no common family', undefined, (fleet) => fleet.member('cluster2').set({ ipFamilies: ['IPv6'] })),
    ofImport('a Service at the derived name', {}, (fleet) => fleet.member('cluster2').api.put('services', theirs)),
    ofImport('foreign slices', {}, (fleet) => fleet.member('cluster2').api.put('endpointSlices', foreign)),
    ofImport('a traffic distribution that is not known', undefined, (fleet) =>
      fleet.member('cluster1').export(anExport(), aService({ trafficDistribution: 'PreferSameNode' })),
    ),
    ofImport('unreachable sources', undefined, (fleet) => fleet.member('cluster1').set({ reachable: false })),
    ofImport('much at once', { ports: [{ port: 0 }, { port: 9 }], trafficDistribution: 'Near' }, (fleet) =>
      fleet.member('cluster2').api.put('endpointSlices', foreign),
    ),
  ];
  await expect(text.join('\n')).toMatchFileSnapshot('golden/imports.txt');
});
