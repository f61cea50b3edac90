/**
 * Envoy Gateway routes to the derived Service by its slices, and to a ServiceImport by its address. By slices, version
 * 1.9.1 does not: a slice with the label `kubernetes.io/service-name` counts for that Service only, and every slice of
 * a derived Service needs it.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { moduleDir, versionOf } from '../../tools/interop/binaries.ts';
import { held } from '../integration/running-fleet.ts';
import { namespace } from '../support/clusters/manifests.ts';
import { eventually } from '../support/clusters/shared-clusters.ts';
import { CONTROLLER_NAMESPACE, type EnvoyGateway, startEnvoyGateway } from './envoy-gateway.ts';
import {
  type ExportingFleet,
  gatewayCrds,
  IMPORT_BACKEND,
  manifestsIn,
  NAME,
  routesTo,
  SERVICE_BACKEND,
  startExporting,
} from './exporting-fleet.ts';
import { show } from './table.ts';
import { subscribe, type XdsEndpoints } from './xds-endpoints.ts';

const MODULE = 'github.com/envoyproxy/gateway';
const NS = 'interop-envoy';

let fleet: ExportingFleet;
let gateway: EnvoyGateway;
let xds: XdsEndpoints;

beforeAll(async () => {
  fleet = await startExporting(NS);
  const { consumer } = fleet;
  const crds = join(moduleDir('envoy-gateway', MODULE), 'charts/gateway-crds-helm/templates/generated');
  await consumer.applyText(`${manifestsIn(gatewayCrds())}\n---\n${manifestsIn(crds)}`);
  await consumer.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  await consumer.apply(
    namespace(CONTROLLER_NAMESPACE),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'envoy' },
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    },
    ...routesTo(NS, 'envoy', { derived: SERVICE_BACKEND, imported: IMPORT_BACKEND }),
    {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'BackendTrafficPolicy',
      metadata: { namespace: NS, name: 'imported' },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'imported' }],
        routingType: 'Service',
      },
    },
  );
  gateway = await startEnvoyGateway(consumer);
  const certs = { dir: gateway.certs, serverName: 'envoy-gateway' };
  xds = subscribe({ server: '127.0.0.1:18000', cluster: `${NS}/gateway`, certs });
}, 180_000);

afterAll(async () => {
  await xds.stop();
  await gateway.stop();
  await fleet.stop();
});

/** Waits until a route leads to exactly these endpoints. */
function leadsTo(route: string, endpoints: readonly string[]): Promise<void> {
  return eventually(() => {
    const routed = Object.entries(xds.now()).filter(([cluster]) => cluster.startsWith(`httproute/${NS}/${route}/`));
    expect(routed.flatMap(([, found]) => found ?? [])).toEqual(endpoints);
  });
}

async function clusterSetIPs(): Promise<readonly string[]> {
  const { import: imported } = await held(fleet.consumer, NS, NAME);
  return (imported?.spec.ips ?? []).map((ip) => `${ip}:80`);
}

it('routes to the endpoints of the exporting cluster by the derived Service, and follows them', async () => {
  await fleet.scale(1);
  await fleet.export();
  await leadsTo('derived', await fleet.scale(2));
  await leadsTo('derived', await fleet.scale(3));
  await leadsTo('derived', await fleet.scale(1));
  await fleet.unexport();
  await leadsTo('derived', []);
  await fleet.export();
  await leadsTo('derived', await fleet.scale(2));
  show({
    consumer: 'Envoy Gateway',
    version: versionOf('envoy-gateway', MODULE),
    shown: 'HTTPRoute to the derived Service: its xDS has the remote endpoints; follows scaling, unexport, export',
  });
});

it('routes to the address of a ServiceImport with Service routing, and follows it', async () => {
  await fleet.export();
  await fleet.scale(1);
  await eventually(async () => expect(await clusterSetIPs()).toHaveLength(1));
  await leadsTo('imported', await clusterSetIPs());
  await fleet.unexport();
  await leadsTo('imported', []);
  show({
    consumer: 'Envoy Gateway',
    version: versionOf('envoy-gateway', MODULE),
    shown:
      'HTTPRoute to a ServiceImport with routingType Service: its xDS has the address of the import; follows unexport',
  });
});
