/** Fake nodes, and KWOK stages for the lifecycle of their pods. */
import { nodePodCIDRs } from './networks.ts';

/** Zones of a cluster, one node per zone. The names are the same in all clusters, as in one cloud region. */
export const ZONES = ['zone-a', 'zone-b'] as const;

/** A v1 Node to create; KWOK sets its status. */
export function fakeNode(cluster: string, index: number, node: number): object {
  const name = `${cluster}-node${node}`;
  const podCIDRs = nodePodCIDRs(index, node);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'region-1',
        'topology.kubernetes.io/zone': ZONES[node - 1] ?? 'zone-a',
      },
    },
    spec: { podCIDR: podCIDRs[0], podCIDRs },
  };
}

/**
 * Configuration of KWOK: nodes become ready, scheduled pods run and become ready, with an address per family from the
 * ranges of their node, and deleted pods are removed, all without delay. A running pod is not changed again, so that
 * tests can make it unready.
 */
export const KWOK_STAGES = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: node-ready }
spec:
  resourceRef: { apiGroup: v1, kind: Node }
  selector:
    matchExpressions:
      - { key: '.status.conditions.[] | select(.type == "Ready") | .status', operator: NotIn, values: ['True'] }
  next:
    statusTemplate: |
      conditions:
        - { type: Ready, status: "True", reason: KubeletReady, message: a fake node, lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ Now | Quote }} }
      addresses:
        - { type: InternalIP, address: {{ NodeIP | Quote }} }
        - { type: Hostname, address: {{ .metadata.name | Quote }} }
      allocatable: { cpu: 1k, memory: 1Ti, pods: 10k }
      capacity: { cpu: 1k, memory: 1Ti, pods: 10k }
      nodeInfo: { architecture: amd64, operatingSystem: linux, kubeletVersion: kwok, kubeProxyVersion: kwok, kernelVersion: kwok, containerRuntimeVersion: kwok, osImage: kwok, bootID: "", machineID: "", systemUUID: "" }
      phase: Running
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: pod-running }
spec:
  resourceRef: { apiGroup: v1, kind: Pod }
  selector:
    matchExpressions:
      - { key: .metadata.deletionTimestamp, operator: DoesNotExist }
      - { key: .status.phase, operator: In, values: [Pending] }
  next:
    statusTemplate: |
      {{ $now := Now }}
      {{ $ips := PodIPsWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid .metadata.name .metadata.namespace }}
      phase: Running
      startTime: {{ $now | Quote }}
      hostIP: {{ index (NodeIPsWith .spec.nodeName) 0 | Quote }}
      podIP: {{ index $ips 0 | Quote }}
      podIPs:
      {{ range $ips }}
        - ip: {{ . | Quote }}
      {{ end }}
      conditions:
      {{ range (list "PodScheduled" "Initialized" "ContainersReady" "Ready") }}
        - { type: {{ . }}, status: "True", lastTransitionTime: {{ $now | Quote }} }
      {{ end }}
      containerStatuses:
      {{ range .spec.containers }}
        - name: {{ .name | Quote }}
          image: {{ .image | Quote }}
          imageID: ""
          ready: true
          started: true
          restartCount: 0
          state: { running: { startedAt: {{ $now | Quote }} } }
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: pod-gone }
spec:
  resourceRef: { apiGroup: v1, kind: Pod }
  selector:
    matchExpressions:
      - { key: .metadata.deletionTimestamp, operator: Exists }
  next:
    delete: true
`;
