/** Objects as users and Kubernetes make them, for the tests of the engine. */
import type { Service, ServicePort, ServiceSpec } from '../../../src/api/core.ts';
import type { AddressType, Endpoint, EndpointPort, EndpointSlice } from '../../../src/api/endpoint-slice.ts';
import { SERVICE_NAME } from '../../../src/api/labels.ts';
import {
  MCS_API_VERSION,
  type ServiceExport,
  type ServiceImport,
  type ServiceImportSpec,
} from '../../../src/api/multicluster.ts';

export const NAMESPACE = 'shop';
export const NAME = 'web';
export const DERIVED = 'amcs-web';
export const NOW = '2026-05-01T12:00:00Z';

export const HTTP: ServicePort = { name: 'http', protocol: 'TCP', port: 80 };

/** Seconds after the start of 2026, as a creationTimestamp. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString().replace('.000', '');
}

export function anExport(spec: ServiceExport['spec'] = {}, creationTimestamp: string = at(0)): ServiceExport {
  const metadata = {
    name: NAME,
    namespace: NAMESPACE,
    uid: 'export',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp,
  };
  return { apiVersion: MCS_API_VERSION, kind: 'ServiceExport', metadata, spec };
}

export function aService(spec: ServiceSpec = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: NAMESPACE, uid: 'service', resourceVersion: '1', ...metadata },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      ipFamilies: ['IPv4'],
      internalTrafficPolicy: 'Cluster',
      ports: [HTTP],
      ...spec,
    },
  };
}

export function anEndpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  return { addresses: [address], conditions: { ready: true, serving: true, terminating: false }, ...more };
}

export function aSlice(
  name: string,
  endpoints: readonly Endpoint[],
  ports: readonly EndpointPort[] = [{ name: 'http', protocol: 'TCP', port: 8080 }],
  addressType: AddressType = 'IPv4',
  metadata: Partial<EndpointSlice['metadata']> = {},
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: NAMESPACE, labels: { [SERVICE_NAME]: NAME }, ...metadata },
    addressType,
    endpoints,
    ports,
  };
}

export function anImport(
  spec: Partial<ServiceImportSpec> = {},
  metadata: Partial<ServiceImport['metadata']> = {},
): ServiceImport {
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceImport',
    metadata: { name: NAME, namespace: NAMESPACE, ...metadata },
    spec: { type: 'ClusterSetIP', ports: [{ name: 'http', protocol: 'TCP', port: 80 }], ...spec },
  };
}
