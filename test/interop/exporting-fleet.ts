/** An exporter and a consumer with Gateway API, on real API servers, and a controller over them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceSpec } from '../../src/api/core.ts';
import { moduleDir } from '../../tools/interop/binaries.ts';
import { podAddress } from '../integration/offers.ts';
import { type RunningFleet, runFleet } from '../integration/running-fleet.ts';
import { namespace, service, serviceExport, slice } from '../support/clusters/manifests.ts';
import { type Cluster, openCluster } from '../support/clusters/real-cluster.ts';
import { installCrds } from '../support/clusters/shared-clusters.ts';
import { sharedPlanes } from '../support/clusters/shared-planes.ts';

export const NAME = 'web';
const PORTS = [{ name: 'http', port: 8080, protocol: 'TCP' as const }];

export interface ExportingFleet {
  readonly exporter: Cluster;
  readonly consumer: Cluster;
  /** Namespace of what is exported, and of the routes. */
  readonly ns: string;
  /** Sets the endpoints of the exported Service; returns them as `address:port`. */
  scale(count: number): Promise<readonly string[]>;
  export(): Promise<void>;
  unexport(): Promise<void>;
  stop(): Promise<void>;
}

/** The manifests of a folder. Charts have a condition around each, which is left out. */
export function manifestsIn(dir: string): string {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => readFileSync(join(dir, file), 'utf8').replaceAll(/^\{\{.*\}\}$/gm, ''))
    .join('\n---\n');
}

/** The CRDs of Gateway API in the version that Envoy Gateway was built with. */
export function gatewayCrds(): string {
  return join(moduleDir('envoy-gateway', 'sigs.k8s.io/gateway-api'), 'config/crd/standard');
}

/** `spec` changes the exported Service. */
export async function startExporting(ns: string, spec: Partial<ServiceSpec> = {}): Promise<ExportingFleet> {
  const [exporter, consumer] = sharedPlanes().map(openCluster);
  if (!exporter || !consumer) throw new Error('two control planes are required');
  await Promise.all([exporter, consumer].map(installCrds));
  await Promise.all([exporter, consumer].map((cluster) => cluster.apply(namespace(ns))));
  const fleet: RunningFleet = await runFleet([exporter, consumer]);
  const scale = async (count: number) => {
    const addresses = Array.from({ length: count }, (_, index) => podAddress(exporter, index + 1));
    await exporter.apply(slice(ns, NAME, `${NAME}-a`, addresses, { ports: PORTS }));
    return addresses.map((address) => `${address}:8080`);
  };
  return {
    exporter,
    consumer,
    ns,
    scale,
    async export() {
      await exporter.apply(service(ns, NAME, spec), serviceExport(ns, NAME));
    },
    async unexport() {
      await exporter.kubectl('delete', 'serviceexport', '-n', ns, NAME, '--ignore-not-found');
    },
    async stop() {
      await Promise.all([exporter, consumer].map((each) => each.kubectl('delete', 'namespace', ns, '--wait=false')));
      await fleet.stop();
    },
  };
}

/** A Gateway, and a route to each backend, by name. */
export function routesTo(ns: string, gatewayClassName: string, backends: Readonly<Record<string, object>>): object[] {
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace: ns, name: 'gateway' },
      spec: { gatewayClassName, listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }] },
    },
    ...Object.entries(backends).map(([name, backend]) => ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { namespace: ns, name },
      spec: {
        hostnames: [`${name}.example.org`],
        parentRefs: [{ name: 'gateway' }],
        rules: [{ backendRefs: [backend] }],
      },
    })),
  ];
}

export const IMPORT_BACKEND = { group: 'multicluster.x-k8s.io', kind: 'ServiceImport', name: NAME, port: 80 };
export const SERVICE_BACKEND = { kind: 'Service', name: `amcs-${NAME}`, port: 80 };
