/** Manifests for tests, in the form that users write them. */
import type { ServiceSpec } from '../../../src/api/core.ts';
import type { EndpointPort } from '../../../src/api/endpoint-slice.ts';
import type { ServiceImportSpec } from '../../../src/api/multicluster.ts';

export const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

export const service = (namespace: string, name: string, spec: Partial<ServiceSpec> = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec: { ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' as const }], ...spec },
});

/** Without `spec`, in the version that the documents use. */
export const serviceExport = (namespace: string, name: string, spec?: object) => ({
  apiVersion: spec ? 'multicluster.x-k8s.io/v1beta1' : 'multicluster.x-k8s.io/v1alpha1',
  kind: 'ServiceExport',
  metadata: { namespace, name },
  ...(spec && { spec }),
});

/** In the version that the documents use. */
export const serviceImport = (
  namespace: string,
  name: string,
  spec: Partial<Record<keyof ServiceImportSpec, unknown>> = {},
) => ({
  apiVersion: 'multicluster.x-k8s.io/v1alpha1',
  kind: 'ServiceImport',
  metadata: { namespace, name },
  spec: { type: 'ClusterSetIP', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
});

/** A slice of a Service without a selector, as its owner writes it. */
export const slice = (
  namespace: string,
  service: string,
  name: string,
  addresses: readonly string[],
  options: {
    readonly ports?: readonly EndpointPort[];
    readonly addressType?: string;
    readonly ready?: boolean;
    readonly hostnames?: readonly string[];
  } = {},
) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace, name, labels: { 'kubernetes.io/service-name': service } },
  addressType: options.addressType ?? 'IPv4',
  ports: options.ports ?? [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: addresses.map((address, index) => ({
    addresses: [address],
    conditions: { ready: options.ready ?? true },
    ...(options.hostnames?.[index] && { hostname: options.hostnames[index] }),
  })),
});
