/** What each of many members holds. */

import type { JsonObject } from '../../src/api/json.ts';
import { SERVICE_NAME } from '../../src/api/labels.ts';

/** Counts, the same in each member. */
export interface MembersShape {
  readonly members: number;
  /** So many members share a namespace, and all names in it. */
  readonly group: number;
  readonly services: number;
  readonly endpoints: number;
  /** The first so many Services are exported. */
  readonly exported: number;
  /** The first so many of the exported ones are imported by every member that has the namespace. */
  readonly imported: number;
}

/** The namespace of a member, counted from 1, which the members of its group have. */
export function namespaceOf({ group }: MembersShape, member: number): string {
  return `shop-${Math.ceil(member / group)}`;
}

/** The Service with this number. */
export function serviceOf(namespace: string, index: number): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: nameOf(index), namespace, labels: { app: nameOf(index) } },
    spec: {
      selector: { app: nameOf(index) },
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
    },
  };
}

/** The endpoints of a Service in one member, as Kubernetes makes them. */
export function sliceOf(shape: MembersShape, member: number, index: number): JsonObject {
  const { services, endpoints } = shape;
  const count = Math.floor(endpoints / services) + (index < endpoints % services ? 1 : 0);
  const name = nameOf(index);
  const namespace = namespaceOf(shape, member);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-x7k2p`,
      namespace,
      labels: {
        app: name,
        [SERVICE_NAME]: name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: count }, (_, i) => {
      const host = index * 32 + i + 1;
      return {
        addresses: [`10.${member}.${host >> 8}.${host & 255}`],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `node-${i % 3}`,
        zone: `zone-${i % 3}`,
        targetRef: { kind: 'Pod', namespace, name: `${name}-${i}`, uid: `${member}-${index}-${i}` },
      };
    }),
  };
}

export function exportOf(namespace: string, index: number): JsonObject {
  return mcs('ServiceExport', namespace, index, {});
}

export function importOf(namespace: string, index: number): JsonObject {
  return mcs('ServiceImport', namespace, index, {
    type: 'ClusterSetIP',
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  });
}

function mcs(kind: string, namespace: string, index: number, spec: JsonObject): JsonObject {
  return {
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind,
    metadata: { name: nameOf(index), namespace },
    spec,
  };
}

function nameOf(index: number): string {
  return `svc-${index}`;
}
