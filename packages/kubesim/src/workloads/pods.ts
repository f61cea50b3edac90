/** What the state of a pod means to those who keep it. Source: Kubernetes documentation, "Pod Lifecycle". */
import type { Pod, StatusCondition } from './kinds.ts';
import { timeOf } from './time.ts';

/** A condition of a pod, where it has it. */
export function condition(pod: Pod, type: string): StatusCondition | undefined {
  return pod.status?.conditions?.find((each) => each.type === type);
}

export function isReady(pod: Pod): boolean {
  return condition(pod, 'Ready')?.status === 'True';
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Whether it came to its end. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether it counts as one of its controller's. */
export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !isFinished(pod);
}

/** Milliseconds until a ready pod counts as available, 0 or less where it does; undefined where it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const ready = condition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  return minReadySeconds === 0 ? 0 : timeOf(ready.lastTransitionTime) + minReadySeconds * 1000 - now;
}

/** How many of these pods are ready and available, and when the next becomes available, in milliseconds from now. */
export interface PodCounts {
  readonly ready: number;
  readonly available: number;
  readonly next: number | undefined;
}

/** Counts pods. */
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

/** The cost that a user puts on the deletion of a pod. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

/**
 * Pods in the order in which a scale-down takes them: unscheduled ones, pending ones, unready ones, cheap ones, those on
 * crowded nodes, those ready for the shortest time, restarted ones, the newest.
 * Source: Kubernetes documentation, "ReplicaSet", Scaling a ReplicaSet.
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
    // The last made of those that are equal otherwise: names are as good as any.
    if (at < 0) return a.pod.metadata.name < b.pod.metadata.name ? 1 : -1;
    return (a.rank[at] ?? 0) - (b.rank[at] ?? 0);
  });
  return ranked.map(({ pod }) => pod);
}
