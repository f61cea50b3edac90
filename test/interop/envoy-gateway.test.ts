/** Envoy Gateway routes to a ServiceImport by its slices. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { moduleDir, versionOf } from '../../tools/interop/binaries.ts';
import { namespace } from '../support/clusters/manifests.ts';
import { eventually } from '../support/clusters/shared-clusters.ts';
import { CONTROLLER_NAMESPACE, type EnvoyGateway, startEnvoyGateway } from './envoy-gateway.ts';
import {
  type ExportingFleet,
  gatewayCrds,
  IMPORT_BACKEND,
  manifestsIn,
  routeTo,
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
  await consumer.applyText(`${manifestsIn(gatewayCrds('envoy-gateway'))}\n---\n${manifestsIn(crds)}`);
  await consumer.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  await consumer.apply(
    namespace(CONTROLLER_NAMESPACE),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'envoy' },
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    },
    ...routeTo(NS, 'envoy', IMPORT_BACKEND),
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

/** Waits until the route leads to exactly these endpoints. */
function leadsTo(endpoints: readonly string[]): Promise<void> {
  return eventually(() => {
    const routed = Object.entries(xds.now()).filter(([cluster]) => cluster.startsWith('httproute/'));
    expect(routed.flatMap(([, found]) => found ?? [])).toEqual(endpoints);
  });
}

it('routes to the endpoints of the exporting cluster, and follows them', async () => {
  await fleet.scale(1);
  await fleet.export();
  await leadsTo(await fleet.scale(2));
  await leadsTo(await fleet.scale(3));
  await leadsTo(await fleet.scale(1));
  await fleet.unexport();
  await leadsTo([]);
  await fleet.export();
  await leadsTo(await fleet.scale(2));
  show({
    consumer: 'Envoy Gateway',
    version: versionOf('envoy-gateway', MODULE),
    shown: 'HTTPRoute to a ServiceImport: its xDS has the remote endpoints; follows scaling, unexport, export',
  });
});
