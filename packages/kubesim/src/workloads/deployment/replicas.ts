/** Replica counts of the ReplicaSets of a Deployment. Source: Kubernetes documentation, "Deployments". */
import type { Deployment, ReplicaSet } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { DESIRED, MAXIMUM, type Rollout, scaleAnnotations } from './revision.ts';
import { boundsOf, isRolling, replicasOf } from './surge.ts';

export function replicasOfSet({ spec }: ReplicaSet): number {
  return spec.replicas ?? 1;
}

function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

export function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

function all({ fresh, olds }: Rollout): readonly ReplicaSet[] {
  return fresh ? [...olds, fresh] : olds;
}

/** Sets the replica count of a ReplicaSet. Returns whether it changed. */
export function scaleSet(objects: Objects, deployment: Deployment, set: ReplicaSet, replicas: number): boolean {
  const wanted = scaleAnnotations(deployment);
  const { annotations } = set.metadata;
  const scaled = replicasOfSet(set) !== replicas;
  if (!scaled && annotations?.[DESIRED] === wanted[DESIRED] && annotations?.[MAXIMUM] === wanted[MAXIMUM]) return false;
  objects.update('apps/replicasets', {
    ...set,
    metadata: { ...set.metadata, annotations: { ...annotations, ...wanted } },
    spec: { ...set.spec, replicas },
  });
  return scaled;
}

/** Replicas allowed for the new ReplicaSet: the total must not exceed the surge limit. */
export function newReplicas(rollout: Rollout): number {
  const { deployment, fresh } = rollout;
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment)) return replicas;
  const own = fresh ? replicasOfSet(fresh) : 0;
  const room = replicas + boundsOf(deployment).maxSurge - sum(all(rollout), replicasOfSet);
  return room <= 0 ? own : own + Math.min(room, replicas - own);
}

/** Scales up the new ReplicaSet. */
export function growNew(objects: Objects, rollout: Rollout): boolean {
  const { deployment, fresh } = rollout;
  if (!fresh || replicasOfSet(fresh) === replicasOf(deployment)) return false;
  const shrinks = replicasOfSet(fresh) > replicasOf(deployment);
  return scaleSet(objects, deployment, fresh, shrinks ? replicasOf(deployment) : newReplicas(rollout));
}

/** Scales down the old ReplicaSets: unhealthy pods first, then as many as maxUnavailable permits. */
export function shrinkOlds(objects: Objects, rollout: Rollout): boolean {
  const { deployment, fresh, olds } = rollout;
  if (sum(olds, replicasOfSet) === 0) return false;
  const least = replicasOf(deployment) - boundsOf(deployment).maxUnavailable;
  const awaited = fresh ? replicasOfSet(fresh) - availableOf(fresh) : 0;
  const most = sum(all(rollout), replicasOfSet) - least - awaited;
  if (most <= 0) return false;
  let left = most;
  const wanted = new Map(olds.map((set) => [set, replicasOfSet(set)]));
  for (const set of olds) {
    const useless = Math.max(0, Math.min(left, replicasOfSet(set) - availableOf(set)));
    wanted.set(set, replicasOfSet(set) - useless);
    left -= useless;
  }
  let spare = Math.min(sum(all(rollout), availableOf) - least, left);
  for (const [set, replicas] of wanted) {
    const taken = Math.max(0, Math.min(spare, replicas));
    wanted.set(set, replicas - taken);
    spare -= taken;
  }
  return [...wanted].map(([set, replicas]) => scaleSet(objects, deployment, set, replicas)).some(Boolean);
}

/** Whether the Deployment was scaled after its ReplicaSets. */
export function isScaling({ deployment, ...rest }: Rollout): boolean {
  return all({ deployment, ...rest }).some(
    (set) =>
      replicasOfSet(set) > 0 &&
      set.metadata.annotations?.[DESIRED] !== undefined &&
      set.metadata.annotations[DESIRED] !== String(replicasOf(deployment)),
  );
}

/** Scales without proceeding with a rollout: the only active ReplicaSet, or all proportionally. */
export function scaleAll(objects: Objects, rollout: Rollout): void {
  const { deployment, fresh, olds } = rollout;
  const replicas = replicasOf(deployment);
  const active = all(rollout).filter((set) => replicasOfSet(set) > 0);
  const only = active.length <= 1 ? (active[0] ?? fresh ?? olds.at(-1)) : undefined;
  if (only) {
    scaleSet(objects, deployment, only, replicas);
    return;
  }
  const saturated = fresh && replicasOfSet(fresh) === replicas && availableOf(fresh) === replicas;
  if (saturated) {
    for (const set of olds) if (replicasOfSet(set) > 0) scaleSet(objects, deployment, set, 0);
    return;
  }
  if (isRolling(deployment)) shareOut(objects, rollout, active);
}

/** Scales each active ReplicaSet by its share of all pods; the rounding remainder goes to the largest. */
function shareOut(objects: Objects, { deployment }: Rollout, active: readonly ReplicaSet[]): void {
  const replicas = replicasOf(deployment);
  const allowed = replicas > 0 ? replicas + boundsOf(deployment).maxSurge : 0;
  const toAdd = allowed - sum(active, replicasOfSet);
  const bySize = active.toSorted((a, b) => replicasOfSet(b) - replicasOfSet(a));
  let added = 0;
  const wanted = bySize.map((set) => {
    const before = Number(set.metadata.annotations?.[MAXIMUM]) || replicasOf(deployment);
    const share = replicas === 0 ? 0 : Math.round((replicasOfSet(set) * allowed) / before);
    const change = replicas === 0 ? -replicasOfSet(set) : share - replicasOfSet(set);
    const left = toAdd - added;
    const part = toAdd > 0 ? Math.min(Math.max(change, 0), left) : Math.max(Math.min(change, 0), left);
    added += part;
    return replicasOfSet(set) + part;
  });
  for (const [i, set] of bySize.entries()) {
    const rest = i === 0 ? toAdd - added : 0;
    scaleSet(objects, deployment, set, Math.max(0, (wanted[i] ?? 0) + rest));
  }
}
