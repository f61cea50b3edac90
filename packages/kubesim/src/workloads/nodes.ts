/** The virtual nodes of a cluster: names, zones and ranges. They run nothing but what the kubelet of this folder reports. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { ObjectKey } from '../machinery/object.ts';
import { addressAt, familyOf, partOf } from './address-ranges.ts';
import type { Node } from './kinds.ts';
import { apiTime } from './time.ts';

/** Label of a node's zone. */
export const ZONE = 'topology.kubernetes.io/zone';

/** Zones, by turns; the same names in all clusters, as in one region of a cloud. */
const ZONES = ['zone-a', 'zone-b', 'zone-c'] as const;

/** What a node has room for. */
const ROOM = { cpu: '64', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '10k' } as const;

const VERSION = 'v1.34.4';

/** The parts that each range of pods is cut into: one a node, the first is nobody's. */
function cutBits(cidr: string, nodes: number): number {
  return Math.max(familyOf(cidr) === 'IPv4' ? 4 : 8, Math.ceil(Math.log2(nodes + 1)));
}

/** Ranges of the pods of node `number`, from 1. */
function podRangesOf({ podCIDRs }: ClusterSettings, number: number, nodes: number): string[] {
  return podCIDRs.map((cidr) => partOf(cidr, cutBits(cidr, nodes), number));
}

/** Addresses of the client that a cluster's proxy acts as: the first ones, which no node gives to a pod. */
export function clientAddresses({ podCIDRs }: ClusterSettings): string[] {
  return podCIDRs.map((cidr) => addressAt(cidr, 1));
}

/** A node to be created; its status is written after it. */
export type NewNode = JsonObject & {
  readonly metadata: JsonObject & { readonly name: string };
  readonly status: NonNullable<Node['status']> & JsonObject;
};

/** Seconds that a kubelet's Lease lasts. */
const LEASE_SECONDS = 40;

/** The Lease of a node, which `kubectl describe` looks for. Nobody renews it: nothing here is lost without a word. */
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
