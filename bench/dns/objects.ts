/** The objects that both DNS servers serve: ServiceImports and imported EndpointSlices, as Catamaran writes them. */
import { MCS_SERVICE_NAME, SERVICE_NAME, SLICE_MANAGED_BY, SOURCE_CLUSTER } from '../../src/api/labels.ts';
import { MCS_API_VERSION } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';
import type { Api } from '../harness/api.ts';
import { inParallel } from '../harness/in-parallel.ts';

export const ZONE = 'clusterset.local';

/** Each Service has one slice per cluster. */
export const CLUSTERS = ['east', 'west'] as const;
export const ENDPOINTS_PER_SLICE = 5;
const NAMESPACES = 20;

/** Of four consecutive Services, two have a clusterset IP and two are headless, one of them with host names. */
export interface Service {
  readonly number: number;
  readonly namespace: string;
  readonly name: string;
  readonly headless: boolean;
  readonly hostnames: boolean;
}

export function serviceOf(number: number): Service {
  const namespace = `team-${number % NAMESPACES}`;
  return { number, namespace, name: `svc-${number}`, headless: number % 4 >= 2, hostnames: number % 4 === 3 };
}

/** Domain name without a trailing dot. */
export function domainOf({ name, namespace }: Service): string {
  return `${name}.${namespace}.svc.${ZONE}`;
}

export function clusterSetIP({ number }: Service): string {
  return `10.97.${number >> 8}.${number & 255}`;
}

/** A unique address. @param endpoint index within the Service. */
export function endpointAddress({ number }: Service, endpoint: number): string {
  const each = number * CLUSTERS.length * ENDPOINTS_PER_SLICE + endpoint;
  return `10.${1 + (each >> 16)}.${(each >> 8) & 255}.${each & 255}`;
}

export function sliceName({ name }: Service, cluster: string): string {
  return `amcs-${name}-${cluster}`;
}

/** Creates the objects of the first `services` Services. */
export async function createObjects(api: Api, services: number, signal: AbortSignal): Promise<void> {
  await inParallel(
    Array.from({ length: NAMESPACES }, (_, i) => `team-${i}`),
    signal,
    (name) => api.create(pathOf(RESOURCES.namespaces, {}), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  );
  const all = Array.from({ length: services }, (_, i) => serviceOf(i));
  await inParallel(all, signal, async (service) => {
    const { namespace } = service;
    await api.create(pathOf(RESOURCES.serviceImports, { namespace }), importOf(service));
    for (const [i, cluster] of CLUSTERS.entries())
      await api.create(pathOf(RESOURCES.endpointSlices, { namespace }), sliceOf(service, cluster, i));
  });
}

function importOf(service: Service): object {
  const { name, namespace, headless } = service;
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceImport',
    metadata: { name, namespace },
    spec: {
      type: headless ? 'Headless' : 'ClusterSetIP',
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
      ...(!headless && { ips: [clusterSetIP(service)] }),
    },
  };
}

function sliceOf(service: Service, cluster: string, clusterIndex: number): object {
  const { name, namespace, hostnames } = service;
  const labels = {
    [SERVICE_NAME]: `amcs-${name}`,
    [MCS_SERVICE_NAME]: name,
    [SOURCE_CLUSTER]: cluster,
    [SLICE_MANAGED_BY]: 'catamaran.dev',
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: sliceName(service, cluster), namespace, labels },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: ENDPOINTS_PER_SLICE }, (_, i) => ({
      addresses: [endpointAddress(service, clusterIndex * ENDPOINTS_PER_SLICE + i)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${i}`,
      zone: 'zone-a',
      ...(hostnames && { hostname: `${name}-${i}` }),
    })),
  };
}

/** Changes the first address of a Service's first slice. */
export async function changeAddress(api: Api, service: Service, address: string): Promise<void> {
  const { namespace } = service;
  const path = pathOf(RESOURCES.endpointSlices, { namespace, name: sliceName(service, CLUSTERS[0]) });
  await api.patch('json', path, [{ op: 'replace', path: '/endpoints/0/addresses', value: [address] }]);
}
