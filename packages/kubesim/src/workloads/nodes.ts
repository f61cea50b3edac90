/** The virtual nodes of a cluster: names, zones and address ranges. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { ObjectKey } from '../machinery/object.ts';
import { addressAt, familyOf, partOf } from './address-ranges.ts';
import type { Node } from './kinds.ts';
import { apiTime } from './time.ts';

/** Label for the zone of a node. */
export const ZONE = 'topology.kubernetes.io/zone';

/** Zones, assigned in turn. All clusters have the same zones, as in one cloud region. */
const ZONES = ['zone-a', 'zone-b', 'zone-c'] as const;

/** Capacity of a node. */
const ROOM = { cpu: '64', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '10k' } as const;

const VERSION = 'v1.34.4';

/** Prefix bits for splitting a pod range by node; the first part is reserved. */
function cutBits(cidr: string, nodes: number): number {
  return Math.max(familyOf(cidr) === 'IPv4' ? 4 : 8, Math.ceil(Math.log2(nodes + 1)));
}

/** Pod ranges of node `number`, from 1. */
function podRangesOf({ podCIDRs }: ClusterSettings, number: number, nodes: number): string[] {
  return podCIDRs.map((cidr) => partOf(cidr, cutBits(cidr, nodes), number));
}

/** Addresses of the client that a cluster's proxy acts as, from the reserved first part of each range. */
export function clientAddresses({ podCIDRs }: ClusterSettings): string[] {
  return podCIDRs.map((cidr) => addressAt(cidr, 1));
}

/** A node to create; its status is written separately. */
export type NewNode = JsonObject & {
  readonly metadata: JsonObject & { readonly name: string };
  readonly status: NonNullable<Node['status']> & JsonObject;
};

/** Duration of a kubelet's Lease, in seconds. */
const LEASE_SECONDS = 40;

/**
 * The Lease of a node, as expected by `kubectl describe`. It is never renewed, since nodes cannot fail unnoticed here.
 */
export function nodeLease(name: string, now: number): JsonObject & { readonly metadata: ObjectKey } {
  const renewTime = new Date(now).toISOString().replace('Z', '000Z');
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'kube-node-lease', name },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
  };
}

/** Node `number` of `nodes`, and its status. */
export function nodeOf(settings: ClusterSettings, number: number, nodes: number, now: number): NewNode {
  const name = `${settings.name}-node${number}`;
  const podCIDRs = podRangesOf(settings, number, nodes);
  const time = apiTime(now);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'region-1',
        [ZONE]: ZONES[(number - 1) % ZONES.length] ?? ZONES[0],
      },
    },
    spec: { podCIDR: podCIDRs[0], podCIDRs },
    status: {
      addresses: [
        ...settings.nodeCIDRs.map((cidr) => ({ type: 'InternalIP', address: addressAt(cidr, number) })),
        { type: 'Hostname', address: name },
      ],
      allocatable: ROOM,
      capacity: ROOM,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastHeartbeatTime: time,
          lastTransitionTime: time,
        },
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'kubesim://v1',
        kernelVersion: 'kubesim',
        kubeProxyVersion: '',
        kubeletVersion: VERSION,
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'kubesim',
        systemUUID: '',
      },
    },
  };
}
