/** The ReplicaSet controller. Source: Kubernetes documentation, "ReplicaSet". */
import type { Clock } from '../machinery/runtime.ts';
import type { Pod, ReplicaSet, StatusCondition } from './kinds.ts';
import type { Objects } from './objects.ts';
import { claim } from './owners.ts';
import { countPods, inDeletionOrder, isActive } from './pods.ts';
import { hasLabels } from './selector.ts';
import { podOf, sameJson } from './template.ts';
import { apiTime } from './time.ts';

/** Reconciles pods and status of one ReplicaSet. Returns the milliseconds until one of its pods becomes available. */
export function syncReplicaSet(objects: Objects, clock: Clock, namespace: string, name: string): number | undefined {
  const set = objects.get('apps/replicasets', namespace, name);
  if (!set) return undefined;
  const pods = claim(objects, '/pods', set, set.spec.selector).filter(isActive);
  let failure: unknown;
  if (set.metadata.deletionTimestamp === undefined) {
    try {
      keepCount(objects, set, pods);
    } catch (error) {
      failure = error;
    }
  }
  // Counts the pods as before the changes, which enqueue the key again.
  const { ready, available, next } = countPods(pods, set.spec.minReadySeconds ?? 0, clock.now());
  const labels = set.spec.template.metadata?.labels ?? {};
  const labelled = pods.filter(({ metadata }) => hasLabels(metadata.labels, labels)).length;
  const { generation } = set.metadata;
  const conditions = withFailure(set, failure, pods.length, apiTime(clock.now()));
  const status = {
    replicas: pods.length,
    ...(labelled > 0 && { fullyLabeledReplicas: labelled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(conditions.length > 0 && { conditions }),
  };
  if (!sameJson(status, set.status)) objects.updateStatus('apps/replicasets', { ...set, status });
  if (failure !== undefined) throw failure;
  return next;
}

function keepCount(objects: Objects, set: ReplicaSet, pods: readonly Pod[]): void {
  const difference = (set.spec.replicas ?? 1) - pods.length;
  for (let i = 0; i < difference; i++) {
    objects.create('/pods', podOf(set, set.spec.template, { generateName: `${set.metadata.name}-` }));
  }
  if (difference >= 0) return;
  for (const pod of inDeletionOrder(pods).slice(0, -difference)) objects.delete('/pods', pod);
}

function withFailure(set: ReplicaSet, failure: unknown, count: number, now: string): readonly StatusCondition[] {
  const old = set.status?.conditions ?? [];
  const others = old.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const reason = (set.spec.replicas ?? 1) > count ? 'FailedCreate' : 'FailedDelete';
  const message = failure instanceof Error ? failure.message : String(failure);
  const lastTransitionTime = old.find(({ type }) => type === 'ReplicaFailure')?.lastTransitionTime ?? now;
  return [...others, { type: 'ReplicaFailure', status: 'True', reason, message, lastTransitionTime }];
}
