/**
 * Plans of the engine on both API servers, step for step beside the model of one that its unit tests use: both must
 * take every write, need the same passes, and end where nothing is left to write.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Service, ServiceSpec } from '../../src/api/core.ts';
import { CRDS } from '../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../src/api/json.ts';
import { MCS_SERVICE_NAME } from '../../src/api/labels.ts';
import type { IPFamily } from '../../src/api/meta.ts';
import type { ServiceExport } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { type Change, STAGES } from '../../src/core/change.ts';
import { observeSlice } from '../../src/core/derived-slice.ts';
import { desired } from '../../src/core/desired/desired.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { ConsumerView } from '../../src/core/view.ts';
import { slimImport } from '../../src/fleet/slim/slim-multicluster.ts';
import { slimService } from '../../src/fleet/slim/slim-service.ts';
import { ownSlice } from '../../src/fleet/slim/slim-slice.ts';
import type { ServiceView } from '../../src/fleet/views.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { at, featuresOf, onBothServers, type TestServer } from '../support/api-servers/both-servers.ts';
import { FleetModel } from '../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, DERIVED, NAME, NAMESPACE, NOW } from '../support/core/objects.ts';
import { accessOf, clientOf } from './api-clients.ts';

const BOTH: readonly IPFamily[] = ['IPv4', 'IPv6'];
const SLICES = [
  aSlice('web-1', [
    anEndpoint('10.1.0.1', { zone: 'a', nodeName: 'node1' }),
    { addresses: ['10.1.0.2'], hostname: 'web-1' },
  ]),
  aSlice('web-2', [anEndpoint('fd00:10:1::1', { zone: 'b' })], undefined, 'IPv6'),
];

/** Parsed JSON as it came; the client's types only describe it. */
function asJson(object: object): JsonObject {
  return object as JsonObject;
}

/** Installs our CRDs and makes the namespace, where another test has not yet. */
async function prepare(server: TestServer): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const crd of CRDS) {
    await server.request('POST', definitions, { body: asJson(crd) });
    await vi.waitFor(
      async () => {
        const { body } = await server.request('GET', `${definitions}/${crd.metadata.name}`);
        expect(JSON.stringify(at(body, 'status', 'conditions'))).toContain('"type":"Established"');
      },
      { timeout: 30_000, interval: 50 },
    );
  }
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await server.request('POST', '/api/v1/namespaces', { body });
}

function kinds(changes: readonly Change[]): readonly string[] {
  return changes.map(({ op, resource, stage }) => `${stage}: ${op} ${resource}`);
}

const STEPS: readonly (readonly [string, ServiceSpec, ServiceExport['spec']?])[] = [
  ['a Service of one family', { ipFamilies: ['IPv4'] }],
  ['a second family', { ipFamilies: BOTH }],
  ['one family again', { ipFamilies: ['IPv4'] }],
  ['the other family', { ipFamilies: ['IPv6'] }],
  ['both, with the other first', { ipFamilies: ['IPv6', 'IPv4'] }],
  ['session affinity', { ipFamilies: ['IPv4'], sessionAffinity: 'ClientIP' }],
  ['another timeout', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }],
  ['no affinity', {}],
  ['policies', { internalTrafficPolicy: 'Local', trafficDistribution: 'PreferClose' }],
  ['no policies', {}],
  [
    'many ports',
    {
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns', protocol: 'UDP', port: 53, appProtocol: 'dns' },
        { name: 'sctp', protocol: 'SCTP', port: 53 },
      ],
    },
  ],
  ['an unnamed port', { ports: [{ port: 80 }] }],
  ['headless', { clusterIP: 'None' }],
  ['headless with both families', { clusterIP: 'None', ipFamilies: BOTH }],
  ['headless with one family', { clusterIP: 'None' }],
  ['headless without ports', { clusterIP: 'None', ports: [] }],
  ['virtual again', {}],
  ['labels and annotations', {}, { exportedLabels: { team: 'a' }, exportedAnnotations: { note: 'any text' } }],
  ['other labels', {}, { exportedLabels: { 'example.com/team': 'b' } }],
  ['no labels', {}],
];

onBothServers((server, name) => {
  let client: KubeClient;

  beforeAll(async () => {
    await prepare(server());
    client = clientOf(accessOf(server().access));
  });

  afterAll(async () => {
    await client.delete(RESOURCES.namespaces, { name: NAMESPACE });
    await client.close();
  });

  async function observed(base: ConsumerView): Promise<ConsumerView> {
    const list = async (resource: (typeof RESOURCES)[keyof typeof RESOURCES], labelSelector?: string) =>
      (await client.list(resource, { namespace: NAMESPACE, ...(labelSelector && { labelSelector }) })).items.map(
        asJson,
      );
    const imports = (await list(RESOURCES.serviceImports)).map(slimImport);
    const services = (await list(RESOURCES.services)).map(slimService);
    const slices = (await list(RESOURCES.endpointSlices, `${MCS_SERVICE_NAME}=${NAME}`)).map(ownSlice);
    const { import: _, derivedService: __, ...rest } = base;
    const imported = imports.find(({ metadata }) => metadata.name === NAME);
    const derivedService = services.find(({ metadata }) => metadata.name === DERIVED);
    return {
      ...rest,
      derivedSlices: slices.map(observeSlice),
      ...(imported && { import: imported }),
      ...(derivedService && { derivedService }),
    };
  }

  async function apply(changes: readonly Change[]): Promise<void> {
    for (const change of STAGES.flatMap((stage) => changes.filter((one) => one.stage === stage))) {
      const resource = RESOURCES[change.resource];
      const { namespace, name } = change;
      if (change.op === 'create') await client.create(resource, namespace, change.object);
      else if (change.op === 'delete') await client.delete(resource, { namespace, name }, change.precondition);
      else {
        const metadata = { ...Object(change.patch.metadata), ...change.precondition };
        const options = { kind: 'merge' as const, ...(change.subresource && { subresource: change.subresource }) };
        await client.patch(resource, { namespace, name }, { ...change.patch, metadata }, options);
      }
    }
  }

  test('takes every plan as the model does', async () => {
    const fleet = new FleetModel();
    const source = fleet.member('cluster1', { namespace: 'Absent' });
    const model = fleet.member('cluster2', { ipFamilies: BOTH });
    const view = async (): Promise<ServiceView> => {
      const base = fleet.view('cluster2');
      return { ...base, consumer: await observed(base.consumer) };
    };
    const step = async (title: string): Promise<void> => {
      for (let pass = 1; ; pass++) {
        const { clusterset, consumer } = await view();
        const changes = plan(consumer, desired(clusterset, consumer), NOW);
        const modelled = fleet.plan('cluster2');
        expect(kinds(changes), `${title}, pass ${pass}`).toEqual(kinds(modelled));
        if (changes.length === 0) return;
        expect(pass, `${title}: ${JSON.stringify(changes)}`).toBeLessThanOrEqual(5);
        await apply(changes);
        model.api.apply(modelled);
      }
    };
    const { trafficDistribution } = featuresOf(name);
    for (const [title, spec, exported] of STEPS) {
      // The fleet leaves out what its member does not support, which the model does not know.
      const { trafficDistribution: _, ...rest } = spec;
      const service: Service = aService(trafficDistribution ? spec : rest);
      source.export(anExport(exported), service, SLICES);
      await step(title);
    }
    source.unexport();
    await step('unexported');
    expect((await view()).consumer).not.toHaveProperty('import');
  });
});
