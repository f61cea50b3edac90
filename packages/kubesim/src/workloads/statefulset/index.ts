/**
 * The StatefulSet controller: pods with stable names and volumes, created and updated in order. Source: Kubernetes
 * documentation, "StatefulSets".
 */
import type { Clock } from '../../machinery/runtime.ts';
import type { StatefulSet, StatefulSetStatus } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { claim } from '../owners.ts';
import { countPods, isFinished, isReady, isTerminating } from '../pods.ts';
import { sameJson } from '../template.ts';
import { createMember, isSettled, type Member, membersOf, replicasOf, revisionOf, startOf } from './members.ts';
import { forgetRevisions, type Revisions, revisionsOf } from './revisions.ts';

/** Performs one step of a StatefulSet. Returns the milliseconds until one of its pods becomes available. */
export function syncStatefulSet(objects: Objects, clock: Clock, namespace: string, name: string): number | undefined {
  const set = objects.get('apps/statefulsets', namespace, name);
  if (!set) return undefined;
  const members = membersOf(set, claim(objects, '/pods', set, set.spec.selector));
  const revisions = revisionsOf(objects, set);
  const pods = members.map(({ pod }) => pod);
  const { ready, available, next } = countPods(pods, set.spec.minReadySeconds ?? 0, clock.now());
  if (set.metadata.deletionTimestamp === undefined) step(objects, clock, set, members, revisions);
  const status = statusOf(set, members, revisions, { ready, available });
  if (!sameJson(status, set.status)) objects.updateStatus('apps/statefulsets', { ...set, status });
  forgetRevisions(objects, set, revisions, new Set(pods.map(revisionOf)));
  return next;
}

function partitionOf(set: StatefulSet): number {
  return startOf(set) + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0);
}

function isRolling(set: StatefulSet): boolean {
  return set.spec.updateStrategy?.type !== 'OnDelete';
}

function isInRange(set: StatefulSet, { ordinal }: Member): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set);
}

/** Creates missing pods, removes surplus ones, updates old ones: in this order, one at a time unless Parallel. */
function step(
  objects: Objects,
  clock: Clock,
  set: StatefulSet,
  members: readonly Member[],
  revisions: Revisions,
): void {
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const settled = ({ pod }: Member) => isSettled(set, pod, clock.now());
  const byOrdinal = new Map(members.map((member) => [member.ordinal, member]));

  for (let ordinal = startOf(set); ordinal < startOf(set) + replicasOf(set); ordinal++) {
    const member = byOrdinal.get(ordinal);
    if (!member) {
      const old = isRolling(set) && ordinal < partitionOf(set);
      createMember(objects, set, ordinal, old ? revisions.current : revisions.update);
      if (ordered) return;
      continue;
    }
    if (isFinished(member.pod) && !isTerminating(member.pod)) objects.delete('/pods', member.pod);
    if (ordered && !settled(member)) return;
  }

  const surplus = members.filter((member) => !isInRange(set, member)).reverse();
  const unhealthy = members.find((member) => !settled(member));
  for (const member of surplus) {
    if (!isTerminating(member.pod)) {
      if (ordered && unhealthy && unhealthy !== member) return;
      objects.delete('/pods', member.pod);
    }
    if (ordered) return;
  }

  if (!isRolling(set)) return;
  for (const member of members.filter((each) => isInRange(set, each)).reverse()) {
    if (member.ordinal < partitionOf(set)) return;
    const old = revisionOf(member.pod) !== revisions.update.metadata.name;
    if (old && !isTerminating(member.pod)) {
      objects.delete('/pods', member.pod);
      return;
    }
    if (!settled(member)) return;
  }
}

function statusOf(
  set: StatefulSet,
  members: readonly Member[],
  { update, current }: Revisions,
  counts: { readonly ready: number; readonly available: number },
): StatefulSetStatus {
  const of = (name: string) => members.filter(({ pod }) => !isTerminating(pod) && revisionOf(pod) === name).length;
  const updated = of(update.metadata.name);
  const ready = members.filter(({ pod }) => isReady(pod)).length;
  const done = isRolling(set) && updated === members.length && ready === members.length;
  const { name: currentRevision } = done ? update.metadata : current.metadata;
  const currentReplicas = of(currentRevision);
  const { generation } = set.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    replicas: members.length,
    ...(counts.ready > 0 && { readyReplicas: counts.ready }),
    availableReplicas: counts.available,
    ...(currentReplicas > 0 && { currentReplicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    currentRevision,
    updateRevision: update.metadata.name,
    collisionCount: set.status?.collisionCount ?? 0,
  };
}
