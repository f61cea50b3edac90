/** Istio routes to the derived Service, by its slices. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Component, startComponent } from '../../tools/controlplane/component.ts';
import { interopBinary, versionOf } from '../../tools/interop/binaries.ts';
import { namespace } from '../support/clusters/manifests.ts';
import { eventually } from '../support/clusters/shared-clusters.ts';
import { type ExportingFleet, gatewayCrds, manifestsIn, NAME, startExporting } from './exporting-fleet.ts';
import { show } from './table.ts';
import { subscribe, type XdsEndpoints } from './xds-endpoints.ts';

const MODULE = 'istio.io/istio';
const NS = 'interop-istio';

let fleet: ExportingFleet;
let istiod: Component;
let dir: string;
let xds: XdsEndpoints;

beforeAll(async () => {
  fleet = await startExporting(NS);
  const { consumer } = fleet;
  await consumer.applyText(manifestsIn(gatewayCrds('istio')));
  await consumer.apply(namespace('istio-system'));
  dir = mkdtempSync(join(tmpdir(), 'catamaran-istio-'));
  istiod = await startComponent({
    name: 'istiod',
    command: 'env',
    args: [
      ...['-C', dir, 'POD_NAMESPACE=istio-system', 'POD_NAME=istiod', 'REVISION=default', 'CLUSTER_ID=Kubernetes'],
      ...[interopBinary('istiod'), 'discovery', `--kubeconfig=${consumer.plane.kubeconfig}`],
      ...[
        '--grpcAddr=127.0.0.1:15010',
        '--httpsAddr=',
        '--monitoringAddr=127.0.0.1:15014',
        '--httpAddr=127.0.0.1:15080',
      ],
    ],
    logFile: join(tmpdir(), 'catamaran-istiod.log'),
  });
  const node = `sidecar~127.0.0.1~client.${NS}~${NS}.svc.cluster.local`;
  xds = subscribe({ server: '127.0.0.1:15010', cluster: 'client', node });
});

afterAll(async () => {
  await xds.stop();
  await istiod.stop('SIGTERM', 5_000);
  rmSync(dir, { recursive: true });
  await fleet.stop();
});

function leadsTo(endpoints: readonly string[]): Promise<void> {
  const cluster = `outbound|80||amcs-${NAME}.${NS}.svc.cluster.local`;
  return eventually(() => expect(xds.now()[cluster] ?? []).toEqual(endpoints));
}

it('sends the endpoints of the exporting cluster for the derived Service, and follows them', async () => {
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
    consumer: 'Istio (istiod)',
    version: versionOf('istio', MODULE),
    shown: 'the derived Service: its xDS has the remote endpoints; follows scaling, unexport, export',
  });
});
