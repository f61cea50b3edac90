/** The objects of each of many members. */

import type { JsonObject } from '../../src/api/json.ts';
import { SERVICE_NAME } from '../../src/api/labels.ts';

/** Counts per member, except for `members` and `group`. */
export interface MembersShape {
  readonly members: number;
  /** Number of members that share a namespace and all names in it. */
  readonly group: number;
  readonly services: number;
  readonly endpoints: number;
  /** Number of exported Services, the first ones. */
  readonly exported: number;
  /** Number of exported Services, the first ones, that every member of the group imports. */
  readonly imported: number;
  /**
   * Names in the namespace of a group, of which each member has the next `services` ones, so that each name has several
   * exporters. Default: all members of a group have the same names.
   */
  readonly names?: number;
}

/** Index of the first name of a member. @param member starts at 1. */
export function firstNameOf({ services, names }: MembersShape, member: number): number {
  return names === undefined ? 0 : ((member - 1) * services) % names;
}

/** Clusters of the sandbox with distinct networks; larger fleets have smaller ones. */
const DISTINCT = 100;

/** The pod networks of a member of a fleet that the sandbox has no networks for. @param member starts at 1. */
export function ownPodCIDRs({ members }: Pick<MembersShape, 'members'>, member: number): readonly string[] | undefined {
  return members <= DISTINCT ? undefined : [`10.${member >> 1}.${(member & 1) << 7}.0/17`];
}

/** Address of a pod. @param host at most 32,767. */
function podAddress({ members }: MembersShape, member: number, host: number): string {
  const [second, third] = members <= DISTINCT ? [member, 0] : [member >> 1, (member & 1) << 7];
  return `10.${second}.${third + (host >> 8)}.${host & 255}`;
}

/** The namespace of the member's group. @param member starts at 1. */
export function namespaceOf({ group }: MembersShape, member: number): string {
  return `shop-${Math.ceil(member / group)}`;
}

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

/** The EndpointSlice of a Service, as the endpoint slice controller creates it. */
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
        addresses: [podAddress(shape, member, host)],
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
