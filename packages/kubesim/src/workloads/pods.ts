/** Pod state as evaluated by controllers. Source: Kubernetes documentation, "Pod Lifecycle". */
import type { Pod, StatusCondition } from './kinds.ts';
import { timeOf } from './time.ts';

export function condition(pod: Pod, type: string): StatusCondition | undefined {
  return pod.status?.conditions?.find((each) => each.type === type);
}

export function isReady(pod: Pod): boolean {
  return condition(pod, 'Ready')?.status === 'True';
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Whether the pod has succeeded or failed. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether the pod counts towards its controller's replicas. */
export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !isFinished(pod);
}

/** Milliseconds until a ready pod becomes available, 0 or less if it is; undefined if it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const ready = condition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  return minReadySeconds === 0 ? 0 : timeOf(ready.lastTransitionTime) + minReadySeconds * 1000 - now;
}

/** Number of ready and available pods, and milliseconds until the next one becomes available. */
export interface PodCounts {
  readonly ready: number;
  readonly available: number;
  readonly next: number | undefined;
}

export function countPods(pods: readonly Pod[], minReadySeconds: number, now: number): PodCounts {
  let ready = 0;
  let available = 0;
  let next: number | undefined;
  for (const pod of pods) {
    const wait = untilAvailable(pod, minReadySeconds, now);
    if (wait === undefined) continue;
    ready++;
    if (wait <= 0) available++;
    else next = Math.min(next ?? wait, wait);
  }
  return { ready, available, next };
}

const PHASES = ['Pending', 'Unknown', 'Running'];

/** Annotation for the deletion cost of a pod. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

/**
 * Pods in scale-down order: unscheduled, pending, unready, low deletion cost, on crowded nodes, ready for the shortest
 * time, restarted, newest. Source: Kubernetes documentation, "ReplicaSet", Scaling a ReplicaSet.
 */
export function inDeletionOrder(pods: readonly Pod[]): Pod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of pods) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const rank = (pod: Pod): readonly number[] => [
    pod.spec.nodeName ? 1 : 0,
    PHASES.indexOf(pod.status?.phase ?? 'Pending'),
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.[DELETION_COST] ?? 0) || 0,
    -(onNode.get(pod.spec.nodeName ?? '') ?? 0),
    -timeOf(condition(pod, 'Ready')?.lastTransitionTime),
    -restarts(pod),
    -timeOf(pod.metadata.creationTimestamp),
  ];
  const ranked = pods.map((pod) => ({ pod, rank: rank(pod) }));
  ranked.sort((a, b) => {
    const at = a.rank.findIndex((value, i) => value !== b.rank[i]);
    // Names are an arbitrary tie-breaker.
    if (at < 0) return a.pod.metadata.name < b.pod.metadata.name ? 1 : -1;
    return (a.rank[at] ?? 0) - (b.rank[at] ?? 0);
  });
  return ranked.map(({ pod }) => pod);
}
