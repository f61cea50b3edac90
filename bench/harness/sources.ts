/** Creates the source objects: namespaces, Services, ServiceExports and EndpointSlices. */
import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { slicesPath } from './names.ts';

/**
 * The contents of a namespace. Slices are numbered from 0 across Services; `svc-0` has the first `slicesPerService`.
 */
export interface Shape {
  readonly namespace: string;
  readonly services: number;
  readonly slicesPerService: number;
  readonly endpoints: number;
  readonly headless: boolean;
  /** Whether to create ServiceExports; false for the relay's namespace. */
  readonly exported: boolean;
}

/**
 * Addresses of a slice, within the pod CIDR of cluster1, 10.1.0.0/16. The first encodes the serial number of a change,
 * at most 57,599; the second encodes the number of the slice; the others are constant.
 */
export function addressesOf(slice: number, serial: number, endpoints: number): string[] {
  const rest = Array.from({ length: endpoints - 2 }, (_, i) => `10.1.${252 + (i >> 8)}.${i & 255}`);
  return [address(0, serial), address(225, slice), ...rest];
}

function address(third: number, number: number): string {
  return `10.1.${third + (number >> 8)}.${number & 255}`;
}

/** Decodes the first two addresses of a slice. */
export function readAddresses(first: string, second: string): { readonly serial: number; readonly slice: number } {
  const number = (text: string, third: number): number => {
    const parts = text.split('.').map(Number);
    return (((parts[2] ?? Number.NaN) - third) << 8) | (parts[3] ?? Number.NaN);
  };
  return { serial: number(first, 0), slice: number(second, 225) };
}

export function serviceName(shape: Shape, slice: number): string {
  return `svc-${Math.floor(slice / shape.slicesPerService)}`;
}

export function sliceName(shape: Shape, slice: number): string {
  return `${serviceName(shape, slice)}-${slice % shape.slicesPerService}`;
}

/** Updates the serial number in a slice. */
export async function change(api: Api, shape: Shape, slice: number, serial: number): Promise<void> {
  const value = [address(0, serial)];
  await api.patch('json', slicesPath(shape.namespace, sliceName(shape, slice)), [
    { op: 'replace', path: '/endpoints/0/addresses', value },
  ]);
}

export async function createNamespace(api: Api, name: string): Promise<void> {
  const path = pathOf(RESOURCES.namespaces, {});
  await api.create(path, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Fills an existing namespace. All slices have serial number 0. */
export async function createSources(api: Api, shape: Shape, signal: AbortSignal): Promise<void> {
  const { namespace, services, slicesPerService } = shape;
  const names = Array.from({ length: services }, (_, i) => `svc-${i}`);
  await inParallel(names, signal, async (name) => {
    await api.create(pathOf(RESOURCES.services, { namespace }), serviceOf(shape, name));
    if (!shape.exported) return;
    const metadata = { name, namespace };
    const exported = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata };
    await api.create(pathOf(RESOURCES.serviceExports, { namespace }), exported);
  });
  const slices = Array.from({ length: services * slicesPerService }, (_, i) => i);
  await inParallel(slices, signal, (slice) => api.create(slicesPath(namespace), sliceOf(shape, slice)));
}

function serviceOf({ namespace, headless }: Shape, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      ...(headless && { clusterIP: 'None' }),
      // A headless Service without selector would default to dual-stack.
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
    },
  };
}

function sliceOf(shape: Shape, slice: number): object {
  const labels = { 'kubernetes.io/service-name': serviceName(shape, slice) };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: sliceName(shape, slice), namespace: shape.namespace, labels },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: addressesOf(slice, 0, shape.endpoints).map((each) => ({
      addresses: [each],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
      zone: 'zone-a',
    })),
  };
}

const LEFTOVERS = [
  RESOURCES.serviceExports,
  RESOURCES.serviceImports,
  RESOURCES.endpointSlices,
  RESOURCES.services,
] as const;

/** Deletes a namespace and its contents, since no namespace controller runs. Nothing that recreates them may run. */
export async function removeNamespace(api: Api, namespace: string): Promise<void> {
  await Promise.all(LEFTOVERS.map((resource) => api.delete(pathOf(resource, { namespace }))));
  const path = pathOf(RESOURCES.namespaces, { name: namespace });
  await api.delete(path);
  const metadata = { name: namespace };
  await api.replace(`${path}/finalize`, { apiVersion: 'v1', kind: 'Namespace', metadata, spec: { finalizers: [] } });
}
